// Manifests that speak of another: distribution-spec v1.1 "Listing Referrers",
// and the tag that stands in where a registry does not know them.
#include "registry/referrers.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/json_depth.h"
#include "registry/header_text.h"
#include "registry/repository.h"

namespace registry {
namespace {

using nlohmann::json;

constexpr std::size_t kMostIndexBytes = std::size_t{16} << 20U;
constexpr std::size_t kMostPages = 10'000;

std::string text_of(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>()
                                               : std::string();
}

void read_list(const std::string& text, const std::string& artifact_type,
               std::vector<Referrer>& all) {
  const bool is_deep = base::find_json_depth(text) > base::kMostJsonDepth;
  const json index = is_deep ? json() : json::parse(text, nullptr, false);
  if (!index.is_object() || !index.contains("manifests") ||
      !index["manifests"].is_array()) {
    throw base::Error(base::ErrorKind::invalid_input,
                      "the list of referrers is no index");
  }
  for (const json& item : index["manifests"]) {
    if (!item.is_object()) continue;
    const auto digest = base::Digest::find_in(text_of(item, "digest"));
    const std::string type = text_of(item, "artifactType");
    // A registry may leave the choice to us.
    if (!digest || (!artifact_type.empty() && type != artifact_type)) continue;
    base::Descriptor found;
    found.media_type = text_of(item, "mediaType");
    found.digest = *digest;
    if (const auto size = item.find("size");
        size != item.end() && size->is_number_unsigned()) {
      found.size_bytes = *size;
    }
    if (const auto notes = item.find("annotations");
        notes != item.end() && notes->is_object()) {
      for (const auto& [name, value] : notes->items()) {
        if (value.is_string()) found.annotations[name] = value;
      }
    }
    all.push_back({std::move(found), type});
  }
}

// One entry of an index: image-spec v1.1 "Image Index", with what the
// referrers API says of it.
json render_entry(const Manifest& manifest) {
  const json document = json::parse(manifest.bytes, nullptr, false);
  json entry{{"mediaType", manifest.descriptor.media_type},
             {"digest", manifest.descriptor.digest.str()},
             {"size", manifest.descriptor.size_bytes}};
  std::string type = text_of(document, "artifactType");
  if (const auto config = document.find("config");
      type.empty() && config != document.end() && config->is_object()) {
    type = text_of(*config, "mediaType");
  }
  if (!type.empty()) entry["artifactType"] = std::move(type);
  if (const auto notes = document.find("annotations");
      notes != document.end() && notes->is_object()) {
    entry["annotations"] = *notes;
  }
  return entry;
}

}  // namespace

std::optional<base::Digest> find_subject(const std::string& manifest) {
  const json document = json::parse(manifest, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  const auto subject = document.find("subject");
  if (subject == document.end() || !subject->is_object()) return std::nullopt;
  return base::Digest::find_in(text_of(*subject, "digest"));
}

std::string Repository::referrers_tag(const base::Digest& subject) {
  return "sha256-" + subject.hex();
}

void Repository::add_to_referrers_tag(const base::Digest& subject,
                                      const Manifest& manifest,
                                      const std::stop_token& stop) const {
  json index{{"schemaVersion", 2},
             {"mediaType", base::media_type::kOciIndex},
             {"manifests", json::array()}};
  const std::string tag = referrers_tag(subject);
  if (find_manifest(tag, stop)) {
    json known = json::parse(get_manifest(tag, stop).bytes, nullptr, false);
    if (!known.is_object() || !known.contains("manifests") ||
        !known["manifests"].is_array()) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("{}:{}, which lists what refers to {}, is "
                                    "no index",
                                    describe(), tag, subject.brief()));
    }
    index = std::move(known);
  }
  json entry = render_entry(manifest);
  for (const json& item : index["manifests"]) {
    if (item.is_object() && text_of(item, "digest") == entry["digest"]) return;
  }
  index["manifests"].push_back(std::move(entry));
  Manifest next;
  next.bytes = index.dump();
  next.descriptor.media_type = base::media_type::kOciIndex;
  next.descriptor.digest = base::Digest::of(next.bytes);
  next.descriptor.size_bytes = next.bytes.size();
  put_manifest(tag, next, stop);
}

std::vector<Referrer> Repository::list_referrers(
    const base::Digest& subject, const std::string& artifact_type,
    const std::stop_token& stop) const {
  std::vector<Referrer> all;
  Call call;
  call.path = address("referrers/" + subject.str());
  call.headers = {"Accept: " + std::string(base::media_type::kOciIndex)};
  call.scopes = pull_scopes();
  call.answers = {404};
  bool is_known = true;
  for (std::set<std::string> seen;;) {
    if (!seen.insert(call.path).second || seen.size() > kMostPages) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("the pages of the referrers of {} in {} "
                                    "never end",
                                    subject.brief(), describe()));
    }
    std::string next;
    const auto page = host_.ask(call, stop, [&](RegistryReply& reply) {
      is_known = reply.head().status != 404;
      const std::string link = find_next_link(reply.head().header("link"));
      next = link.empty() ? link : resolve_address(reply.url(), link);
      return reply.read_all(kMostIndexBytes);
    });
    if (!is_known) break;
    read_list(page, artifact_type, all);
    if (next.empty()) return all;
    call.path = next;
  }
  try {
    read_list(get_manifest(referrers_tag(subject), stop).bytes, artifact_type,
              all);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
  return all;
}

}  // namespace registry

#include "store/manifest.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/error.h"
#include "store/descriptor_json.h"
#include "store/json_object.h"

namespace store {
namespace {

using nlohmann::json;

constexpr const char* kIndexName = "image index";

// mediaType became a field of its own late: a manifest without one is OCI's.
std::string read_media_type(const JsonObject& document) {
  using namespace base::media_type;
  std::string type = document.text("mediaType");
  if (type.empty()) return std::string(kOciManifest);
  if (type == kOciManifest || type == kDockerManifest) return type;
  document.refuse(
      "mediaType",
      type == kOciIndex || type == kDockerManifestList
          ? "is that of an index of several manifests, not of a manifest"
          : fmt::format("is \"{}\", not that of an image manifest", type));
}

void require_index(const JsonObject& document) {
  if (document.integer("schemaVersion") != 2) {
    document.refuse("schemaVersion", "must be 2");
  }
  if (!document.has("manifests")) document.refuse("manifests", "is missing");
}

IndexEntry read_entry(const JsonObject& object) {
  IndexEntry entry;
  entry.descriptor = read_descriptor(object);
  if (const auto platform = object.object("platform")) {
    entry.os = platform->text("os");
    entry.architecture = platform->text("architecture");
    entry.variant = platform->text("variant");
  }
  return entry;
}

json write_entry(const IndexEntry& entry) {
  json object = write_descriptor(entry.descriptor);
  if (!entry.os.empty() || !entry.architecture.empty()) {
    object["platform"] = {{"os", entry.os},
                          {"architecture", entry.architecture}};
    if (!entry.variant.empty()) object["platform"]["variant"] = entry.variant;
  }
  return object;
}

// image-spec v1.1 descriptor.md: there are digests of algorithms that need not
// be known, sha512's among them.
bool has_other_algorithm(const JsonObject& object) {
  const std::string digest = object.text("digest");
  const std::size_t colon = digest.find(':');
  return colon != std::string::npos && colon > 0 &&
         digest.substr(0, colon) != "sha256";
}

std::optional<IndexEntry> find_entry(const json& value) {
  try {
    return read_entry(JsonObject(value, kIndexName));
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

}  // namespace

Manifest parse_manifest(std::string_view text) {
  const std::string what = "image manifest";
  const json parsed = parse_json(text, what);
  const JsonObject document(parsed, what);
  if (document.integer("schemaVersion") != 2) {
    document.refuse("schemaVersion", "must be 2");
  }
  Manifest manifest;
  manifest.media_type = read_media_type(document);
  const auto config = document.object("config");
  if (!config) document.refuse("config", "is missing");
  manifest.config = read_descriptor(*config);
  document.for_each_object("layers", [&](const JsonObject& layer) {
    manifest.layers.push_back(read_descriptor(layer));
  });
  return manifest;
}

std::string render_manifest(const Manifest& manifest) {
  json layers = json::array();
  for (const base::Descriptor& layer : manifest.layers) {
    layers.push_back(write_descriptor(layer));
  }
  return render_json({{"schemaVersion", 2},
                      {"mediaType", manifest.media_type},
                      {"config", write_descriptor(manifest.config)},
                      {"layers", std::move(layers)}});
}

bool IndexEntry::is_index() const {
  return descriptor.media_type == base::media_type::kOciIndex ||
         descriptor.media_type == base::media_type::kDockerManifestList;
}

std::string IndexEntry::platform() const {
  std::string text = os + "/" + architecture;
  if (!variant.empty()) text += "/" + variant;
  return text;
}

std::vector<IndexEntry> parse_index(std::string_view text) {
  const json parsed = parse_json(text, kIndexName);
  const JsonObject document(parsed, kIndexName);
  require_index(document);
  std::vector<IndexEntry> entries;
  bool has_others = false;
  document.for_each_object("manifests", [&](const JsonObject& object) {
    if (has_other_algorithm(object)) {
      has_others = true;
    } else {
      entries.push_back(read_entry(object));
    }
  });
  if (entries.empty() && has_others) {
    document.refuse("manifests", "has no entry with a sha256 digest");
  }
  return entries;
}

std::string render_index(const std::vector<IndexEntry>& entries) {
  json list = json::array();
  for (const IndexEntry& entry : entries) list.push_back(write_entry(entry));
  return render_json({{"schemaVersion", 2},
                      {"mediaType", base::media_type::kOciIndex},
                      {"manifests", std::move(list)}});
}

std::string edit_index(
    std::string_view before,
    const std::function<bool(const IndexEntry&)>& is_replaced,
    const std::vector<IndexEntry>& added) {
  json index = parse_json(before, kIndexName);
  require_index(JsonObject(index, kIndexName));
  json& old = index["manifests"];
  if (!old.is_array()) {
    JsonObject(index, kIndexName).refuse("manifests", "must be a list");
  }
  json list = json::array();
  for (json& value : old) {
    const auto entry = find_entry(value);
    if (!entry || !is_replaced(*entry)) list.push_back(std::move(value));
  }
  for (const IndexEntry& entry : added) list.push_back(write_entry(entry));
  old = std::move(list);
  return render_json(index);
}

}  // namespace store

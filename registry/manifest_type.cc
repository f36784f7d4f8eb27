#include "registry/manifest_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/json_depth.h"

namespace registry {
namespace {

using nlohmann::json;

base::Error bad_type(std::string why) {
  return base::Error(base::ErrorKind::invalid_input, std::move(why));
}

bool is_known(std::string_view type) {
  const auto& all = manifest_types();
  return std::find(all.begin(), all.end(), type) != all.end();
}

bool is_index(std::string_view type) {
  return type == base::media_type::kOciIndex ||
         type == base::media_type::kDockerManifestList;
}

// Without "; charset=utf-8".
std::string bare_type(const std::string& content_type) {
  std::string type = content_type.substr(0, content_type.find(';'));
  type.erase(type.find_last_not_of(" \t") + 1);
  return type;
}

// A stranger's text, for a terminal.
std::string shown(std::string text) {
  constexpr std::size_t kMostShown = 100;
  if (text.size() > kMostShown) text = text.substr(0, kMostShown) + "…";
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; },
      '?');
  return text;
}

void refuse_schema_1(const json& document, const std::string& type) {
  const auto version = document.find("schemaVersion");
  const bool is_first =
      version != document.end() && version->is_number() && *version == 1;
  if (!is_first &&
      !type.starts_with("application/vnd.docker.distribution.manifest.v1")) {
    return;
  }
  throw base::Error(base::ErrorKind::unsupported,
                    "it is an image of Docker's old schema 1")
      .hint(
          "pull and push it with a Docker of these years, which makes "
          "schema 2 of it");
}

}  // namespace

const std::array<std::string_view, 4>& manifest_types() {
  static const std::array<std::string_view, 4> all = {
      base::media_type::kOciManifest, base::media_type::kOciIndex,
      base::media_type::kDockerManifest, base::media_type::kDockerManifestList};
  return all;
}

std::string find_manifest_type(const std::string& content_type) {
  std::string type = bare_type(content_type);
  return is_known(type) ? type : std::string();
}

std::string judge_manifest(std::string_view bytes,
                           const std::string& content_type) {
  if (base::find_json_depth(bytes) > base::kMostJsonDepth) {
    throw bad_type(fmt::format("the manifest is nested deeper than {} levels",
                               base::kMostJsonDepth));
  }
  const json document = json::parse(bytes, nullptr, false);
  if (!document.is_object()) throw bad_type("the manifest is no JSON object");
  const std::string came_as = bare_type(content_type);
  refuse_schema_1(document, came_as);

  std::string own;
  if (const auto it = document.find("mediaType"); it != document.end()) {
    if (!it->is_string()) throw bad_type("the manifest's mediaType is no text");
    own = it->get<std::string>();
  }
  const bool is_generic = came_as.empty() || came_as == "application/json";
  if (!own.empty() && !is_generic && own != came_as) {
    throw bad_type(
        fmt::format("the manifest says that it is \"{}\", and came as "
                    "\"{}\"",
                    shown(own), shown(came_as)));
  }
  const bool has_list = document.contains("manifests");
  const bool has_layers =
      document.contains("layers") || document.contains("config");
  if (has_list && has_layers) {
    throw bad_type("the manifest is a list of images and an image at once");
  }
  std::string type = own.empty() ? came_as : own;
  if (is_generic && own.empty()) {
    type =
        has_list ? base::media_type::kOciIndex : base::media_type::kOciManifest;
  }
  if (!is_known(type)) {
    throw bad_type(fmt::format("\"{}\" is no type of a manifest", shown(type)));
  }
  if (is_index(type) ? has_layers : has_list) {
    throw bad_type(fmt::format("the manifest is no \"{}\"", type));
  }
  return type;
}

}  // namespace registry

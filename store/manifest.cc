#include "store/manifest.h"

#include <fmt/format.h>

#include "base/error.h"
#include "store/descriptor_json.h"
#include "store/json_object.h"

namespace store {
namespace {

using nlohmann::json;

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
  const std::string what = "image index";
  const json parsed = parse_json(text, what);
  const JsonObject document(parsed, what);
  if (document.integer("schemaVersion") != 2) {
    document.refuse("schemaVersion", "must be 2");
  }
  if (!document.has("manifests")) document.refuse("manifests", "is missing");
  std::vector<IndexEntry> entries;
  document.for_each_object("manifests", [&](const JsonObject& object) {
    IndexEntry entry;
    entry.descriptor = read_descriptor(object);
    if (const auto platform = object.object("platform")) {
      entry.os = platform->text("os");
      entry.architecture = platform->text("architecture");
      entry.variant = platform->text("variant");
    }
    entries.push_back(std::move(entry));
  });
  return entries;
}

std::string render_index(const std::vector<IndexEntry>& entries) {
  json list = json::array();
  for (const IndexEntry& entry : entries) {
    json object = write_descriptor(entry.descriptor);
    if (!entry.os.empty() || !entry.architecture.empty()) {
      object["platform"] = {{"os", entry.os},
                            {"architecture", entry.architecture}};
      if (!entry.variant.empty()) object["platform"]["variant"] = entry.variant;
    }
    list.push_back(std::move(object));
  }
  return render_json({{"schemaVersion", 2},
                      {"mediaType", base::media_type::kOciIndex},
                      {"manifests", std::move(list)}});
}

}  // namespace store

#include "builder/cache_target.h"

#include <fmt/format.h>

#include <set>

#include "base/error.h"
#include "store/manifest.h"

namespace builder {
namespace {

// What nobody could read again is not written.
const std::string& require_readable(const std::string& document,
                                    std::string_view what) {
  if (document.size() <= store::kMostDocumentBytes) return document;
  throw base::Error(
      base::ErrorKind::invalid_input,
      fmt::format("the cache's {} would have {} bytes; at most {} are read",
                  what, document.size(), store::kMostDocumentBytes))
      .hint("write to another place or tag, or fewer cache mounts");
}

}  // namespace

base::Descriptor CacheTarget::put(std::string_view media_type,
                                  std::string_view bytes) {
  base::Descriptor blob{
      std::string(media_type), base::Digest::of(bytes), bytes.size(), {}};
  if (!has(blob)) {
    add(blob, [bytes](const store::ByteSink& sink) { sink(bytes); });
  }
  return blob;
}

std::string CacheTarget::make_manifest(
    const store::CacheIndex& index, const std::vector<base::Descriptor>& more) {
  store::Manifest manifest;
  manifest.config =
      put(store::kCacheConfigType,
          require_readable(render_cache_index(index), "key index"));
  std::set<base::Digest> seen;
  const auto name = [&](const base::Descriptor& blob) {
    if (seen.insert(blob.digest).second) manifest.layers.push_back(blob);
  };
  for (const auto& [diff_id, layer] : index.layers) {
    if (layer.blob.digest.is_set()) name(layer.blob);
  }
  for (const auto& [diff_id, layer] : index.layers) {
    if (layer.index) name(*layer.index);
  }
  for (const auto& [diff_id, base] : index.bases) {
    if (base.layer.index) name(*base.layer.index);
  }
  for (const base::Descriptor& blob : more) name(blob);
  if (manifest.layers.empty()) {
    name(put("application/vnd.oci.empty.v1+json", "{}"));
  }
  std::string text = store::render_manifest(manifest);
  require_readable(text, "manifest");
  return text;
}

}  // namespace builder

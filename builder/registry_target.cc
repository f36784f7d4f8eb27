#include "builder/registry_target.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "builder/cache_merge.h"
#include "builder/cache_source.h"
#include "builder/shown_text.h"
#include "registry/blob_upload.h"
#include "store/manifest.h"

namespace builder {

RegistryTarget::RegistryTarget(registry::Repository repository, std::string tag,
                               FirstContacts& contacts, Options options)
    : UnlockedTarget(options.least_pause, options.stop),
      repository_(std::move(repository)),
      tag_(std::move(tag)),
      contacts_(contacts),
      options_(std::move(options)) {}

std::string RegistryTarget::describe() const {
  return fmt::format("{}:{}", repository_.describe(), tag_);
}

std::optional<UnlockedTarget::Found> RegistryTarget::find_manifest() {
  try {
    registry::Manifest found =
        contacts_.get_manifest(repository_, tag_, options_.stop);
    if (store::IndexEntry{found.descriptor}.is_index()) {
      refuse_to_replace("a list of images");
    }
    return Found{std::move(found.bytes), found.descriptor.digest.str()};
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::not_found) return std::nullopt;
    throw;
  }
}

// An image here would be lost to whoever wants to run it.
void RegistryTarget::refuse_to_replace(const std::string& what) const {
  throw base::Error(
      base::ErrorKind::denied,
      fmt::format("{} holds {}, which a cache would replace", describe(), what))
      .hint("give the cache a tag of its own, or use --cache-to type=inline");
}

void RegistryTarget::require_cache(const base::Descriptor& config) const {
  const std::string& type = config.media_type;
  if (type == store::kCacheConfigType) return;
  const bool is_image = type == base::media_type::kOciConfig ||
                        type == base::media_type::kDockerConfig;
  refuse_to_replace(is_image ? "an image"
                             : fmt::format("\"{}\"", show_foreign(type)));
}

store::CacheIndex RegistryTarget::parse(const std::string& text) {
  const store::Manifest manifest = store::parse_manifest(text);
  require_cache(manifest.config);
  store::CacheIndex index = store::parse_cache_index(
      read(manifest.config, store::kMostDocumentBytes));
  // What a manifest names is there, or the registry had not taken it.
  const auto known = known_.lock();
  known->insert(manifest.config.digest);
  for (const base::Descriptor& blob : manifest.layers) {
    known->insert(blob.digest);
  }
  std::erase_if(index.layers, [&](const auto& item) {
    const store::CachedLayer& layer = item.second;
    return (layer.blob.digest.is_set() &&
            !known->contains(layer.blob.digest)) ||
           (layer.index && !known->contains(layer.index->digest));
  });
  std::erase_if(index.bases, [&](const auto& item) {
    const auto& base_index = item.second.layer.index;
    return base_index && !known->contains(base_index->digest);
  });
  drop_lost_records(index);
  return index;
}

bool RegistryTarget::has(const base::Descriptor& blob) const {
  if (known_.lock()->contains(blob.digest)) return true;
  if (!repository_.has_blob(blob, options_.stop) && !mount(blob)) return false;
  known_.lock()->insert(blob.digest);
  return true;
}

bool RegistryTarget::mount(const base::Descriptor& blob) const {
  if (!options_.find_elsewhere) return false;
  for (const std::string& path : options_.find_elsewhere(blob)) {
    registry::BlobUpload upload(repository_, options_.stop);
    if (upload.mount(blob, path)) return true;
  }
  return false;
}

std::string RegistryTarget::read(const base::Descriptor& blob,
                                 std::uint64_t limit_bytes) const {
  return read_blob(repository_.open_blob(blob, options_.stop), blob,
                   limit_bytes);
}

void RegistryTarget::add(const base::Descriptor& blob, const Write& write) {
  registry::BlobUpload upload(repository_, options_.stop);
  upload.run(blob, write);
  written_bytes_ += blob.size_bytes;
  known_.lock()->insert(blob.digest);
}

base::Descriptor RegistryTarget::add_made(std::string_view media_type,
                                          const Write& write) {
  registry::BlobUpload upload(repository_, options_.stop);
  base::Descriptor made = upload.run(std::nullopt, write);
  made.media_type = media_type;
  written_bytes_ += made.size_bytes;
  known_.lock()->insert(made.digest);
  return made;
}

std::string RegistryTarget::look() {
  const auto found = repository_.find_manifest(tag_, options_.stop);
  return found ? found->digest.str() : std::string();
}

bool RegistryTarget::replace(const std::string& text,
                             const std::string& /*version*/) {
  const registry::Manifest manifest{
      text,
      {std::string(base::media_type::kOciManifest),
       base::Digest::of(text),
       text.size(),
       {}}};
  repository_.put_manifest(tag_, manifest, options_.stop);
  written_bytes_ += text.size();
  return true;
}

bool RegistryTarget::holds(const std::string& text) {
  return look() == base::Digest::of(text).str();
}

}  // namespace builder

#include "builder/cache_places.h"

#include <utility>

#include "base/error.h"
#include "builder/bucket_target.h"
#include "builder/layout_target.h"
#include "builder/registry_cache.h"
#include "builder/registry_target.h"

namespace builder {

CachePlaces::CachePlaces(store::Store& store, Options options)
    : store_(store), options_(std::move(options)) {
  if (options_.registries != nullptr) {
    registries_.emplace(*options_.registries);
  }
}

CacheRegistries& CachePlaces::registries() {
  if (registries_) return *registries_;
  throw base::Error(base::ErrorKind::unavailable,
                    "servers are left alone (--offline)");
}

std::unique_ptr<CacheSource> CachePlaces::open_registry(const CacheFrom& from) {
  return open_registry_cache(registries().get(from.is_insecure), contacts_,
                             registry::parse_reference(from.reference),
                             options_.platform, options_.stop);
}

std::unique_ptr<CacheSource> CachePlaces::open(const CacheFrom& from) {
  switch (from.kind) {
    case CacheFrom::Kind::layout:
      break;
    case CacheFrom::Kind::image:
      return open_image_cache(store_, from.reference,
                              registries_ ? open_registry(from) : nullptr);
    case CacheFrom::Kind::registry:
      return open_registry(from);
    case CacheFrom::Kind::bucket:
      registries();  // servers may be asked
      return open_bucket_cache(*from.bucket, contacts_, options_.stop);
  }
  return open_layout_cache(store_, from.directory, from.reference);
}

std::unique_ptr<CacheTarget> CachePlaces::open(const CacheTo& to) {
  if (to.kind == CacheTo::Kind::layout) {
    return std::make_unique<LayoutTarget>(to.directory, to.tag, options_.stop);
  }
  CacheRegistries& servers = registries();
  if (to.kind == CacheTo::Kind::bucket) {
    return std::make_unique<BucketTarget>(*to.bucket, contacts_, options_.stop);
  }
  const auto reference = registry::parse_reference(to.reference);
  return std::make_unique<RegistryTarget>(
      servers.get(to.is_insecure).push_target(reference),
      reference.tag.value_or("latest"), contacts_,
      RegistryTarget::Options{options_.stop, {}});
}

std::string name_of(const CacheFrom& from) {
  switch (from.kind) {
    case CacheFrom::Kind::layout:
      return from.directory.native();
    case CacheFrom::Kind::bucket:
      return from.bucket->describe();
    case CacheFrom::Kind::image:
    case CacheFrom::Kind::registry:
      break;
  }
  return from.reference;
}

std::string name_of(const CacheTo& to) {
  switch (to.kind) {
    case CacheTo::Kind::bucket:
      return to.bucket->describe();
    case CacheTo::Kind::layout:
      return to.directory.native();
    case CacheTo::Kind::registry:
    case CacheTo::Kind::in_image:
      break;
  }
  return to.reference;
}

}  // namespace builder

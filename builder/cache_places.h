// Where caches are read from and written to: the way from what a flag says to
// a source or a target, for builds as for "cache export" and "cache import".
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "builder/cache_options.h"
#include "builder/cache_registries.h"
#include "builder/cache_source.h"
#include "builder/cache_target.h"
#include "builder/first_contact.h"
#include "builder/platform.h"

namespace builder {

// Not for several threads. What it opens must not outlive it.
class CachePlaces {
 public:
  struct Options {
    // How registries are talked to; null: no server is asked, nor a bucket.
    const registry::RegistriesOptions* registries = nullptr;
    Platform platform = host_platform();  // of what is looked for
    std::stop_token stop;
  };
  CachePlaces(store::Store& store, Options options);

  // Nothing is read or written yet. Throws: unavailable where it takes a server
  // and none is to be asked; invalid_input and denied as Registries does.
  std::unique_ptr<CacheSource> open(const CacheFrom& from);
  // The same; not for an inline cache, which an image holds.
  std::unique_ptr<CacheTarget> open(const CacheTo& to);

 private:
  CacheRegistries& registries();
  std::unique_ptr<CacheSource> open_registry(const CacheFrom& from);

  store::Store& store_;
  Options options_;
  FirstContacts contacts_;
  std::optional<CacheRegistries> registries_;
};

// For people, before anything is opened: "/srv/cache", "s3://bucket/name".
std::string name_of(const CacheFrom& from);
std::string name_of(const CacheTo& to);

}  // namespace builder

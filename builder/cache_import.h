// "cache import": all of a build cache, at once. What --cache-from takes of one
// is in cache_imports.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "builder/cache_source.h"
#include "store/store.h"

namespace builder {

struct ImportedCache {
  std::size_t records = 0;  // that were not there
  std::size_t layers = 0;
  std::size_t mounts = 0;  // that were not there, or other than here
  std::uint64_t read_bytes = 0;
  // What could not be brought in; the rest was.
  std::vector<std::string> failures;
};

// A record comes with its layer or not at all; one that the store has stays.
// Throws: what CacheSource::read_index() throws; cancelled.
ImportedCache import_cache(store::Store& store, CacheSource& source,
                           const std::stop_token& stop);

}  // namespace builder

// --filter of `strake cache ls` and `strake builder prune`, as docker buildx du
// and prune have it: key, key=value, key!=value, key~=regular expression.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "builder/cache_item.h"

namespace cli {

struct CacheFilter {
  // Whether all filters let it through; those without a value are flags.
  std::function<bool(const builder::CacheItem&)> passes;
  bool has_age = false;  // until or unused-for among them
};

// Keys: id (its beginning is enough), description, type; inuse, shared,
// private, mutable, immutable, which are true without a value; until and
// unused-for, "24h": not used for so long, or since a time,
// "2026-01-31T12:00:00Z". Throws: usage, with the nearest key for one that is
// not known.
CacheFilter read_cache_filter(const std::vector<std::string>& filters,
                              std::chrono::sys_seconds now);

}  // namespace cli

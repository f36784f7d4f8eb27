// What a cache key stands on, in words: short beside a hit, whole for the one
// step that somebody asks about.
#pragma once

#include <string>
#include <vector>

#include "builder/cache_key.h"
#include "builder/plan.h"
#include "store/cache_records.h"

namespace builder {

// Of a hit: when and why the record was made, and its key's parts.
//
//   made 2026-11-19 10:02:11 UTC in 12.3s: src/main.c changed (content)
//   key 3f2a90c1d2e4: operation ab1200c1d2e4, on cd34…, files ef56…
std::vector<std::string> describe_hit(const store::CacheRecord& record,
                                      const CacheKey& key);

// All parts, a line each, with the members of the operation by their names.
// Values that may be secret are not shown.
std::vector<std::string> list_key(const Vertex& vertex, const CacheKey& key);

}  // namespace builder

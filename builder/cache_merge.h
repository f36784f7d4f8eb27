// What becomes of a cache's key index when it is written: what others wrote
// stays in it, what nobody uses goes.
#pragma once

#include <chrono>
#include <cstddef>

#include "store/cache_index.h"

namespace builder {

// Puts what only `theirs` has into `index`.
void merge_index(store::CacheIndex& index, store::CacheIndex theirs);

// Whether all keys, layers, bases and mounts of `part` are in `whole`, whatever
// they lead to there.
bool is_within(const store::CacheIndex& part, const store::CacheIndex& whole);

// Without records and bases that nobody exported for 30 days. A day that is
// ahead of `today` becomes today's, so that it keeps nothing for ever.
void forget_unused(store::CacheIndex& index, std::chrono::sys_days today);

// Without records whose layers are not in it.
void drop_lost_records(store::CacheIndex& index);

// Without layers that no record names.
void drop_unnamed_layers(store::CacheIndex& index);

// Leaves out what was of no use for longest, until readers take the index and
// its manifest: bases of other days, then records. Returns how many records
// went.
std::size_t trim_index(store::CacheIndex& index);

}  // namespace builder

// What of the build cache is to go, and making it go.
//
// Without limits that is all that was not filtered out. With one, what was used
// longest ago goes first, until the cache is small enough or the file system
// has room. Only --all takes what an image needs too (which frees nothing: the
// step will run again), and internal items of late; a process's own is never
// taken.
//
// A process may be killed at any moment of it: what is removed is first
// forgotten, or moved below a lease whose death the next process notices.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "builder/cache_item.h"

namespace builder {

struct PruneOptions {
  bool takes_all = false;              // --all
  bool takes_recent_internal = false;  // their age was asked for otherwise
  std::optional<std::uint64_t> max_used_bytes = {};
  std::optional<std::uint64_t> reserved_bytes = {};   // less is never left
  std::optional<std::uint64_t> min_free_bytes = {};   // of the file system
  std::function<bool(const CacheItem&)> filter = {};  // empty: everything
};

// In the order in which they go. `free_bytes` are those of the file system.
std::vector<CacheItem> choose_items(std::vector<CacheItem> items,
                                    const PruneOptions& options,
                                    std::uint64_t free_bytes,
                                    std::chrono::sys_seconds now);

// Removes them, and returns those that it did: what came into use meanwhile
// stays. Throws: system, denied.
std::vector<CacheItem> remove_items(store::Store& store,
                                    const std::vector<CacheItem>& items);

}  // namespace builder

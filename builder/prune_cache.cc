#include "builder/prune_cache.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "store/cache_layers.h"
#include "store/cache_mounts.h"
#include "store/file_lock.h"
#include "store/layer_use.h"

namespace builder {
namespace {

namespace fs = std::filesystem;
using Kind = CacheItem::Kind;

// Of what serves no step: younger ones may still be looked at, or pushed again.
constexpr std::chrono::hours kInternalAge{7 * 24};

bool is_candidate(const CacheItem& item, const PruneOptions& options,
                  std::chrono::sys_seconds now) {
  if (item.is_in_use) return false;
  if (options.filter && !options.filter(item)) return false;
  if (options.takes_all) return true;
  if (item.is_shared()) return false;
  return !item.is_internal() || options.takes_recent_internal ||
         now - item.last_used > kInternalAge;
}

// How much of the cache may stay; nullopt: nobody said, so nothing.
std::optional<std::uint64_t> bytes_to_keep(const PruneOptions& options,
                                           std::uint64_t total,
                                           std::uint64_t free_bytes) {
  std::optional<std::uint64_t> keep = options.max_used_bytes;
  if (options.min_free_bytes) {
    const std::uint64_t wanted =
        *options.min_free_bytes - std::min(*options.min_free_bytes, free_bytes);
    keep = std::min(keep.value_or(total), total - std::min(total, wanted));
  }
  if (options.reserved_bytes) {
    keep = std::max(keep.value_or(0), *options.reserved_bytes);
  }
  return keep;
}

// Those of this kind, in the order in which forgetting them makes room.
std::vector<base::Digest> largest_first(const std::vector<CacheItem>& items,
                                        Kind kind) {
  std::vector<std::pair<std::uint64_t, base::Digest>> found;
  for (const CacheItem& item : items) {
    if (item.kind != kind) continue;
    found.emplace_back(item.is_shared() ? 0 : item.size_bytes, item.digest);
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  std::vector<base::Digest> digests;
  for (const auto& [bytes, digest] : found) digests.push_back(digest);
  return digests;
}

// Whether the directory was nobody's and is below the lease now. `locked` is
// the file or directory that its users lock.
bool move_away(const fs::path& directory, const fs::path& locked, int flags,
               const store::Lease& trash) {
  const auto file = base::find_file(locked, flags);
  if (!file || !store::lock_if_free(*file, locked)) return false;
  if (::rename(directory.c_str(), trash.new_path("pruned").c_str()) != 0) {
    throw base::system_error(errno,
                             fmt::format("removing {}", directory.native()));
  }
  return true;
}

bool remove_item(store::Store& store, const CacheItem& item,
                 const store::Lease& trash) {
  switch (item.kind) {
    case Kind::cache_mount:
      return store::CacheMounts(store).remove(item.path);
    case Kind::git:
      return move_away(item.path, item.path, O_RDONLY | O_DIRECTORY, trash);
    case Kind::failed_step:
      return move_away(item.path, item.path / "step.json", O_RDONLY, trash);
    case Kind::log:
      return !store::read_held(store.root()).logs.contains(item.id) &&
             move_away(item.path, item.path, O_RDONLY | O_DIRECTORY, trash);
    case Kind::layer:
    case Kind::blob:
    case Kind::resolved_image:
      break;
  }
  return false;
}

// What registries said goes last, into the room that the large things left.
bool forget_names(store::Store& store, const std::vector<CacheItem>& items,
                  std::vector<CacheItem>& removed) {
  bool has_any = false;
  for (const CacheItem& item : items) {
    if (item.kind != Kind::resolved_image) continue;
    has_any = true;
    const store::ResolvedName& name = item.resolved;
    if (store.resolved_images().forget(name.reference, name.platform) > 0) {
      removed.push_back(item);
    }
  }
  return has_any;
}

}  // namespace

std::vector<CacheItem> choose_items(std::vector<CacheItem> items,
                                    const PruneOptions& options,
                                    std::uint64_t free_bytes,
                                    std::chrono::sys_seconds now) {
  std::uint64_t total = 0;
  for (const CacheItem& item : items) {
    if (!item.is_shared()) total += item.size_bytes;
  }
  std::erase_if(items, [&](const CacheItem& item) {
    return !is_candidate(item, options, now);
  });
  std::stable_sort(items.begin(), items.end(),
                   [](const CacheItem& a, const CacheItem& b) {
                     return a.last_used < b.last_used;
                   });
  const auto keep = bytes_to_keep(options, total, free_bytes);
  if (!keep) return items;
  std::vector<CacheItem> chosen;
  for (CacheItem& item : items) {
    if (total <= *keep) break;
    if (item.is_shared() || item.size_bytes == 0) continue;
    total -= item.size_bytes;
    chosen.push_back(std::move(item));
  }
  return chosen;
}

std::vector<CacheItem> remove_items(store::Store& store,
                                    const std::vector<CacheItem>& items) {
  std::vector<CacheItem> removed;
  // Should this process die, the next one sees by it that it has to collect.
  const store::Lease mark = store.lease();
  {
    // What no database knows goes first, and at once: on a full disk that makes
    // the room in which the database notes what else goes.
    const store::Lease trash = store.lease();
    for (const CacheItem& item : items) {
      if (remove_item(store, item, trash)) removed.push_back(item);
    }
  }
  const store::Forgotten forgotten =
      store::forget(store, largest_first(items, Kind::layer),
                    largest_first(items, Kind::blob));
  if (forget_names(store, items, removed)) store.collect();
  for (const CacheItem& item : items) {
    const bool is_gone =
        (item.kind == Kind::layer && forgotten.layers.contains(item.digest)) ||
        (item.kind == Kind::blob && forgotten.blobs.contains(item.digest));
    if (is_gone) removed.push_back(item);
  }
  return removed;
}

}  // namespace builder

#include "builder/remove_images.h"

#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include "base/error.h"
#include "store/cache_layers.h"
#include "store/disk_size.h"
#include "store/layer_use.h"

namespace builder {
namespace {

// Some five pages of the database's log for each: far less than the reserve.
constexpr std::size_t kFirstBatch = 8;

bool is_held(store::Store& store, const store::Image& image,
             const store::HeldByLeases& held) {
  try {
    const auto diff_ids = store.images().config(image.id).diff_ids;
    return !diff_ids.empty() &&
           std::all_of(diff_ids.begin(), diff_ids.end(),
                       [&](const base::Digest& diff_id) {
                         return held.layers.contains(diff_id);
                       });
  } catch (const base::Error&) {
    return false;  // a damaged one is all the more to go
  }
}

bool remove_one(store::Store& store, const store::Image& image, Named named) {
  if (named == Named::are_spared) {
    return store.images().remove_unnamed(image.id);
  }
  try {
    store.images().remove(image.id);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found) throw;
    return false;
  }
  return true;
}

std::uint64_t count_blob_bytes(store::Store& store) {
  std::uint64_t bytes = 0;
  for (const base::Digest& digest : store.blobs().list()) {
    bytes += store::allocated_bytes(store.blobs().path_of(digest));
  }
  return bytes;
}

// Of layers that only records lead to.
std::uint64_t count_cached_bytes(store::Store& store) {
  std::uint64_t bytes = 0;
  for (const store::CacheLayer& layer : store::list_cache_layers(store)) {
    if (layer.images.empty()) bytes += layer.size_bytes;
  }
  return bytes;
}

std::uint64_t lost(std::uint64_t before, std::uint64_t after) {
  return before - std::min(before, after);
}

}  // namespace

std::uint64_t remove_unneeded_layers(store::Store& store) {
  std::vector<std::pair<std::uint64_t, base::Digest>> unneeded;
  for (const store::CacheLayer& layer : store::list_cache_layers(store)) {
    const bool is_needed =
        !layer.parts.empty() || !layer.images.empty() || layer.is_in_use;
    if (!is_needed) unneeded.emplace_back(layer.size_bytes, layer.diff_id);
  }
  std::sort(unneeded.begin(), unneeded.end(), std::greater<>());
  std::vector<base::Digest> digests;
  for (const auto& [bytes, diff_id] : unneeded) digests.push_back(diff_id);
  const store::Forgotten forgotten = store::forget(store, digests, {});
  std::uint64_t freed = 0;
  for (const auto& [bytes, diff_id] : unneeded) {
    if (forgotten.layers.contains(diff_id)) freed += bytes;
  }
  return freed;
}

RemovedImages remove_images(store::Store& store,
                            const std::vector<store::Image>& images,
                            Named named) {
  RemovedImages removed;
  const std::uint64_t blobs_before = count_blob_bytes(store);
  const std::uint64_t cached_before = count_cached_bytes(store);
  const store::HeldByLeases held = store::read_held(store.root());
  std::span<const store::Image> rest(images);
  for (std::size_t size = kFirstBatch; !rest.empty(); size *= 2) {
    const std::size_t some = std::min(size, rest.size());
    for (const store::Image& image : rest.first(some)) {
      if (is_held(store, image, held)) continue;
      if (remove_one(store, image, named)) removed.images.push_back(image);
    }
    removed.freed_bytes += remove_unneeded_layers(store);
    rest = rest.subspan(some);
  }
  removed.freed_bytes += lost(blobs_before, count_blob_bytes(store));
  removed.cached_bytes = lost(count_cached_bytes(store), cached_before);
  return removed;
}

}  // namespace builder

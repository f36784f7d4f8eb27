#include "builder/cache_merge.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "store/manifest.h"

namespace builder {
namespace {

constexpr std::chrono::days kLongestUnused{30};
// Distribution's registry takes manifests of 4 MiB, of some 180 bytes for each
// blob.
constexpr std::size_t kMostBlobs = 16000;

template <typename Map>
bool has_keys(const Map& part, const Map& whole) {
  return std::all_of(part.begin(), part.end(), [&](const auto& item) {
    return whole.contains(item.first);
  });
}

template <typename Map>
void forget_unused_of(Map& map, std::chrono::sys_days today) {
  for (auto& [key, value] : map) {
    value.used = std::min<std::chrono::sys_seconds>(value.used, today);
  }
  std::erase_if(map, [&](const auto& item) {
    return today - item.second.used > kLongestUnused;
  });
}

// All blobs' of the manifest but the mounts'.
std::size_t count_blobs(const store::CacheIndex& index) {
  return 2 * index.layers.size() + index.bases.size();
}

bool is_too_large(const store::CacheIndex& index) {
  return count_blobs(index) > kMostBlobs ||
         store::render_cache_index(index).size() > store::kMostDocumentBytes;
}

// Of records a tenth, and one at least.
void drop_oldest(store::CacheIndex& index) {
  std::vector<store::CachedStep> steps;
  for (auto& [key, step] : index.records) steps.push_back(std::move(step));
  const auto kept =
      steps.begin() + static_cast<std::ptrdiff_t>((steps.size() + 9) / 10);
  const auto rank_of = [](const store::CachedStep& step) {
    return std::tuple(step.used, step.recorded, step.key);
  };
  std::nth_element(steps.begin(), kept - 1, steps.end(),
                   [&](const auto& one, const auto& other) {
                     return rank_of(one) < rank_of(other);
                   });
  index.records.clear();
  for (auto step = kept; step != steps.end(); ++step) {
    const base::Digest key = step->key;
    index.records.emplace(key, std::move(*step));
  }
}

}  // namespace

void merge_index(store::CacheIndex& index, store::CacheIndex theirs) {
  index.records.merge(theirs.records);
  index.layers.merge(theirs.layers);
  index.bases.merge(theirs.bases);
  index.mounts.merge(theirs.mounts);
}

bool is_within(const store::CacheIndex& part, const store::CacheIndex& whole) {
  return has_keys(part.records, whole.records) &&
         has_keys(part.layers, whole.layers) &&
         has_keys(part.bases, whole.bases) &&
         has_keys(part.mounts, whole.mounts);
}

void forget_unused(store::CacheIndex& index, std::chrono::sys_days today) {
  forget_unused_of(index.records, today);
  forget_unused_of(index.bases, today);
}

void drop_lost_records(store::CacheIndex& index) {
  std::erase_if(index.records, [&](const auto& item) {
    return !index.layers.contains(item.second.diff_id);
  });
}

void drop_unnamed_layers(store::CacheIndex& index) {
  std::set<base::Digest> named;
  for (const auto& [key, step] : index.records) named.insert(step.diff_id);
  std::erase_if(index.layers,
                [&](const auto& item) { return !named.contains(item.first); });
}

std::size_t trim_index(store::CacheIndex& index) {
  const std::size_t all = index.records.size();
  // Those of today are a few; older ones of many days are the first to go.
  if (is_too_large(index) && !index.bases.empty()) {
    const auto newest =
        std::max_element(index.bases.begin(), index.bases.end(),
                         [](const auto& one, const auto& other) {
                           return one.second.used < other.second.used;
                         })
            ->second.used;
    std::erase_if(index.bases, [newest](const auto& item) {
      return item.second.used < newest;
    });
  }
  while (!index.records.empty() && is_too_large(index)) {
    drop_oldest(index);
    drop_unnamed_layers(index);
  }
  return all - index.records.size();
}

}  // namespace builder

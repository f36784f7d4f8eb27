// The part of the build cache that is layers, for who lists and prunes it:
// those that records lead to and those that nothing leads to any more; and
// compressed tars that were made here, and can be again.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/digest.h"

namespace store {

class Store;

struct CacheLayer {
  base::Digest diff_id;
  std::uint64_t size_bytes = 0;  // of its files
  std::chrono::sys_seconds created;
  std::chrono::sys_seconds last_used;
  std::string parts;                 // of its newest record; empty: no record
  std::vector<base::Digest> images;  // that need it
  bool is_in_use = false;            // by a process that runs
};
// In no order. Layers of images that no record leads to are no cache.
std::vector<CacheLayer> list_cache_layers(Store& store);

struct MadeBlob {
  base::Digest digest;
  base::Digest diff_id;  // the layer it is made from
  std::uint64_t size_bytes = 0;
  std::chrono::sys_seconds created;
  bool is_in_use = false;
};
// Those whose layer is here, in no order.
std::vector<MadeBlob> list_made_blobs(Store& store);

// Forgets these layers' records, and the layers where no image needs them;
// forgets these blobs; then removes what nothing mentions any more. Left alone
// is what a process uses (layer_use.h). Returns what is forgotten. The first
// few are dealt with before the rest, so on a full disk those should be large.
// Safe at any moment beside builds, and to be killed. Throws: system.
struct Forgotten {
  std::unordered_set<base::Digest> layers;  // also those an image keeps
  std::unordered_set<base::Digest> blobs;
};
Forgotten forget(Store& store, std::span<const base::Digest> layers,
                 std::span<const base::Digest> blobs);

}  // namespace store

// The files behind an input of a cache key, so that a key that misses can name
// the file that changed. The key has one digest of them all; a listing has each
// one's type, mode, owner, size, link target and the first 8 bytes of its
// content's digest.
//
// In the database: the input's digest, and a layer index (layer_index.h) of the
// files as gzip, with zeros for the rest of the digests and for the times.
// 20,000 files take about 300 KiB. Larger ones than kMostBytes are not kept:
// they serve people, nothing hangs on them.
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/digest.h"
#include "store/entry.h"

namespace store {

class Database;

class InputListings {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{4} << 20U;

  explicit InputListings(Database& database);

  bool contains(const base::Digest& input) const;
  // Sorted by path_less; nullopt also for a damaged one.
  std::optional<std::vector<Entry>> find(const base::Digest& input) const;
  // Keeps one that is not there yet. Each path must be there once.
  void put(const base::Digest& input, std::vector<Entry> files);
  // Forgets those that no cache record and no last build names.
  void remove_unused();

 private:
  Database& database_;
};

}  // namespace store

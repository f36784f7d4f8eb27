// What earlier steps made: cache key → layer, with the parts of the key kept as
// text so that a miss can be explained.
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"

namespace store {

class Database;

struct CacheRecord {
  base::Digest key;
  base::Digest operation;      // the step alone, whatever it stands on
  base::Digest parent;         // the content it stood on
  base::Digest diff_id;        // the layer it made; unset when it made none
  base::Digest stable_digest;  // of that layer
  std::string parts;           // canonical JSON of what the key was made from
  std::chrono::sys_seconds created;  // of the layer
  // When the step last ran under this key, what that took, and why it had to
  // be: "src/main.c changed (content)".
  std::chrono::sys_seconds recorded{};
  std::chrono::milliseconds elapsed{};
  std::string reason = {};
  std::chrono::sys_seconds last_used{};
  // The log of that run, below the store's logs/; empty when it made none.
  std::string log = {};
};

class CacheRecords {
 public:
  explicit CacheRecords(Database& database);

  // nullopt also when the record's layer is gone.
  std::optional<CacheRecord> find(const base::Digest& key) const;
  // The latest result of the same parent that has this stable digest.
  std::optional<CacheRecord> find_equal_result(
      const base::Digest& parent, const base::Digest& stable_digest) const;
  // Newest first, at most `limit`.
  std::vector<CacheRecord> find_operation(const base::Digest& operation,
                                          int limit) const;
  // All that lead to this layer; all there are.
  std::vector<CacheRecord> find_layer(const base::Digest& diff_id) const;
  std::vector<CacheRecord> list() const;
  // Replaces a record of the same key.
  void put(const CacheRecord& record);
  // Notes that these were of use now.
  void touch(std::span<const base::Digest> keys, std::chrono::sys_seconds now);

 private:
  Database& database_;
};

}  // namespace store

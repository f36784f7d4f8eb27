// A build cache in a directory (store/cache_index.h), written: an OCI image
// layout, in which other tags may hold images or other caches.
//
// What is there is not written again: blobs are named by their content, and
// index.json is replaced last, so a reader sees the old cache or the new one.
// Writers take turns (layout_lock.h). Blobs that the tag's last cache named and
// nothing names now are removed when the new one stands; of others that nothing
// names those of more than an hour, as a writer that knows no lock may be at
// work. Where index.json names what cannot be read, nothing is removed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "builder/layout_lock.h"
#include "store/byte_stream.h"
#include "store/cache_index.h"
#include "store/manifest.h"

namespace builder {

class LayoutTarget {
 public:
  // Makes the directory where there is none, and waits for its lock.
  // Throws: system, denied, unavailable (locked for too long), cancelled;
  // invalid_input for a directory whose files cannot be of a layout.
  LayoutTarget(std::filesystem::path directory, std::string tag,
               std::stop_token stop);

  // The cache that the tag has, without what its blobs are missing of; an empty
  // one where it has none, or none that can be read.
  store::CacheIndex read_index();

  bool has(const base::Descriptor& blob) const;
  using Write = std::function<void(const store::ByteSink& sink)>;
  // `write` gives the blob's bytes, which are compared with its digest.
  // Throws: corrupt; system.
  void add(const base::Descriptor& blob, const Write& write);
  // A small one. Returns its descriptor; nothing is written where it is there,
  // and one that was damaged is made whole.
  base::Descriptor put(std::string_view media_type, std::string_view bytes);
  // A blob that is there, whole.
  std::string read(const base::Descriptor& blob,
                   std::uint64_t limit_bytes) const;

  // Makes this what the tag holds. `more`: blobs that the index leads to by
  // ways of its own, behind the layers'. Throws: invalid_input where it is
  // larger than what is read (kMostDocumentBytes).
  void commit(const store::CacheIndex& index,
              const std::vector<base::Descriptor>& more);

  std::uint64_t written_bytes() const noexcept { return written_bytes_; }

 private:
  std::filesystem::path path_of(const base::Digest& digest) const;
  std::string read_top() const;
  std::string replace_ours(const std::string& before,
                           const store::IndexEntry& entry) const;
  bool is_ours(const store::IndexEntry& entry) const;
  bool collect_names(const base::Descriptor& descriptor, int depth,
                     std::set<base::Digest>& names) const;
  void remove_unnamed(const std::vector<store::IndexEntry>& entries);

  std::filesystem::path directory_;
  std::string tag_;
  std::stop_token stop_;
  std::optional<LayoutLock> lock_;
  std::set<base::Digest> before_;  // what the tag named
  std::uint64_t written_bytes_ = 0;
};

}  // namespace builder

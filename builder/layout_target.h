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

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "builder/cache_target.h"
#include "builder/layout_lock.h"
#include "store/cache_index.h"
#include "store/manifest.h"

namespace builder {

class LayoutTarget : public CacheTarget {
 public:
  // Makes the directory where there is none, and waits for its lock.
  // Throws: system, denied, unavailable (locked for too long), cancelled;
  // invalid_input for a directory whose files cannot be of a layout.
  LayoutTarget(std::filesystem::path directory, std::string tag,
               std::stop_token stop);

  std::string describe() const override { return directory_.native(); }
  // The cache that the tag has.
  store::CacheIndex read_index() override;

  bool has(const base::Descriptor& blob) const override;
  std::string read(const base::Descriptor& blob,
                   std::uint64_t limit_bytes) const override;
  void add(const base::Descriptor& blob, const Write& write) override;
  base::Descriptor add_made(std::string_view media_type,
                            const Write& write) override;
  // One that was damaged is made whole.
  base::Descriptor put(std::string_view media_type,
                       std::string_view bytes) override;
  // Nobody else writes meanwhile: the directory is locked.
  std::optional<store::CacheIndex> commit(
      const store::CacheIndex& index,
      const std::vector<base::Descriptor>& more) override;

  std::uint64_t written_bytes() const noexcept override {
    return written_bytes_;
  }

 private:
  std::filesystem::path path_of(const base::Digest& digest) const;
  base::Descriptor write_blob(const base::Fd& file, const Write& write) const;
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
  std::atomic<std::uint64_t> written_bytes_ = 0;
};

}  // namespace builder

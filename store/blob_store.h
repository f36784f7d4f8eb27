// Immutable blobs in one directory, each named by the digest of its bytes.
//
// On disk: <root>/blobs/sha256/<hex>, the layout of image-spec v1.1
// image-layout.md "Blobs". A blob is whole or absent: bytes grow under a lease
// and are linked into place when complete.
//
// A blob is stored before the row that mentions it, so for a while nothing but
// its lease speaks for it. That is written in the file system: the name under
// the lease stays, as a second hard link, until the lease goes. A collector
// takes only blobs that no row mentions and that have one link, under an
// exclusive flock(2) on blobs/sha256; whoever adds a link holds it shared. So a
// blob that was stored or pinned under a living lease is never collected.
//
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/digest.h"
#include "base/fd.h"
#include "store/lease.h"

namespace store {

// A blob being written. Dropping it removes its bytes. Not for several threads.
class BlobWriter {
 public:
  BlobWriter(BlobWriter&&) noexcept = default;
  BlobWriter& operator=(BlobWriter&&) = delete;
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;
  ~BlobWriter();

  void append(std::string_view bytes);
  // Makes the blob visible and returns its digest. One that is there already is
  // replaced by these verified bytes, so a damaged blob is healed; an Fd of the
  // old one stays readable. Appending after a commit is an error of the caller.
  base::Digest commit();
  // The same, when the bytes have the expected digest. Throws: corrupt.
  void commit(const base::Digest& expected);
  // Only compares. Nothing can be done with it afterwards. Throws: corrupt.
  void compare(const base::Digest& expected);
  std::uint64_t size_bytes() const noexcept { return size_bytes_; }

 private:
  friend class BlobStore;
  BlobWriter(std::filesystem::path blobs, std::filesystem::path temporary);
  void publish(const base::Digest& digest);
  std::filesystem::path blobs_;
  std::filesystem::path temporary_;
  base::Fd file_;
  base::Hasher hasher_;
  std::uint64_t size_bytes_ = 0;
};

class BlobStore {
 public:
  // <root> must exist; blobs/sha256 is made when absent. Throws: system.
  explicit BlobStore(const std::filesystem::path& root);

  // The blob, opened at offset 0, or nullopt when it is not stored here. Its
  // bytes are not hashed again.
  std::optional<base::Fd> find(const base::Digest& digest) const;
  // The same, and the blob is there at least until the lease ends: for a blob
  // that was found and is to be mentioned by a row later.
  std::optional<base::Fd> pin(const Lease& lease,
                              const base::Digest& digest) const;
  // A whole small blob. Throws: not_found; corrupt when its bytes do not have
  // its digest; invalid_input above 16 MiB.
  std::string read(const base::Digest& digest) const;

  BlobWriter ingest(const Lease& lease);
  // Stores a small blob whole.
  base::Digest put(const Lease& lease, std::string_view bytes);

  std::filesystem::path path_of(const base::Digest& digest) const;

  // All that are stored, in no order. Files of other names are left out.
  std::vector<base::Digest> list() const;

  // Removes every blob that is neither in `mentioned` nor held by a lease, and
  // returns how many. The caller's Transaction keeps rows from appearing.
  std::size_t collect(const std::unordered_set<base::Digest>& mentioned);

 private:
  std::filesystem::path blobs_;  // <root>/blobs/sha256
};

}  // namespace store

// Immutable blobs in one directory, each named by the digest of its bytes.
//
// On disk: <root>/blobs/sha256/<hex>, the layout of image-spec v1.1
// image-layout.md "Blobs". A blob is whole or absent: bytes grow under a lease
// and are renamed into place when complete.
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/fd.h"
#include "store/lease.h"

namespace store {

// A blob being written. Dropping it removes its bytes. Not for several threads.
class BlobWriter {
 public:
  BlobWriter(BlobWriter&&) noexcept = default;
  ~BlobWriter();

  void append(std::string_view bytes);
  // Makes the blob visible and returns its digest.
  base::Digest commit();
  // The same, when the bytes have the expected digest. Throws: corrupt.
  void commit(const base::Digest& expected);
  std::uint64_t size_bytes() const noexcept { return size_bytes_; }

 private:
  friend class BlobStore;
  BlobWriter(std::filesystem::path blobs, std::filesystem::path temporary);
  std::filesystem::path blobs_;
  std::filesystem::path temporary_;
  base::Fd file_;
  base::Hasher hasher_;
  std::uint64_t size_bytes_ = 0;
};

class BlobStore {
 public:
  explicit BlobStore(std::filesystem::path root);

  // The blob, opened at offset 0, or nullopt when it is not stored here. Its
  // bytes are not hashed again.
  std::optional<base::Fd> find(const base::Digest& digest) const;
  // A whole small blob. Throws: not_found; corrupt when its bytes do not have
  // its digest; invalid_input above 16 MiB.
  std::string read(const base::Digest& digest) const;

  BlobWriter ingest(const Lease& lease);
  // Stores a small blob whole.
  base::Digest put(const Lease& lease, std::string_view bytes);

  std::filesystem::path path_of(const base::Digest& digest) const;

 private:
  std::filesystem::path root_;
};

}  // namespace store

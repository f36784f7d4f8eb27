// A build cache outside of the store (store/cache_index.h), as a place to read:
// a seam, so that a directory, an image and a registry look alike.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/descriptor.h"
#include "builder/bucket_options.h"
#include "store/byte_stream.h"
#include "store/cache_index.h"
#include "store/store.h"

namespace builder {

class FirstContacts;

class CacheSource {
 public:
  struct Contents {
    store::CacheIndex index;
    std::string warning = {};  // what of it is of no use, and why
    std::uint64_t read_bytes = 0;
  };

  virtual ~CacheSource() = default;
  // For people: "/srv/cache".
  virtual std::string describe() const = 0;
  // The repository whose blobs they are, "registry.example/team/cache", from
  // which others of that registry may mount them; empty where it is none, or
  // not known before the index was read.
  virtual std::string repository() const { return {}; }
  // All keys, without the bytes they lead to; what can be seen to be missing is
  // left out. Throws: not_found, invalid_input, corrupt, unsupported, denied,
  // unavailable, system.
  virtual Contents read_index() = 0;
  // Bytes as they are kept; who reads compares them with the descriptor.
  // Threads: may be called at once. Throws: as read_index().
  virtual store::ByteSource open_blob(const base::Descriptor& blob) = 0;
};

// An OCI image layout (image-layout.md) with caches, or with images that have
// theirs inside. `reference`: a tag, a digest ("sha256:…"), or empty for the
// only entry or the one tagged "latest". Nothing is followed out of it.
std::unique_ptr<CacheSource> open_layout_cache(store::Store& store,
                                               std::filesystem::path directory,
                                               std::string reference);

// What an image of the store has inside; its layers are there. `otherwise`:
// asked where the store has no such image, or that one no cache; may be null.
std::unique_ptr<CacheSource> open_image_cache(
    store::Store& store, std::string name,
    std::unique_ptr<CacheSource> otherwise = nullptr);

// In a bucket of S3. `contacts` must outlive it.
std::unique_ptr<CacheSource> open_bucket_cache(BucketOptions options,
                                               FirstContacts& contacts,
                                               std::stop_token stop);

// The text in an image's configuration; layers of `blobs`, the image's
// manifest's in the order of its diff_ids, where they are known.
// Throws: invalid_input, unsupported; not_found when there is none.
store::CacheIndex parse_inline_cache(
    std::string_view image_config,
    const std::vector<base::Descriptor>& blobs = {});

// The cache that a manifest of this text leads to: one of its own, or an
// image's. Throws: as read_index().
store::CacheIndex read_cache(CacheSource& source, std::string_view manifest,
                             const std::function<void(std::size_t)>& on_read);

// The step's record as this store keeps it: without parts, which do not travel,
// and made now where the other's clock was ahead, so that a ttl passes.
store::CacheRecord record_of(const store::CachedStep& step);

// The bytes of a blob, and an error where they end too early, go on for too
// long or have another digest; then it throws corrupt. An error of `bytes` that
// is neither that nor not_found becomes unavailable: it is the source's.
// `on_read`: told how many bytes came.
store::ByteSource verify_blob(store::ByteSource bytes,
                              const base::Descriptor& blob,
                              std::function<void(std::size_t)> on_read = {});

// A whole small blob.
std::string read_blob(CacheSource& source, const base::Descriptor& blob,
                      std::uint64_t limit_bytes,
                      std::function<void(std::size_t)> on_read = {});

std::string read_blob(store::ByteSource bytes, const base::Descriptor& blob,
                      std::uint64_t limit_bytes,
                      std::function<void(std::size_t)> on_read = {});

}  // namespace builder

// A build cache in a bucket, written: blobs under their digests, shared by all
// caches of the bucket, and one manifest for each name.
//
// What is there is listed once, at the beginning; what is there is not sent
// again. Writers take turns as unlocked_target.h says, and where the server
// knows conditional puts nothing is overwritten at all. Nothing is ever
// removed: the bucket's own rules do that, by age, and what an exported cache
// names is kept young for them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/guarded.h"
#include "builder/bucket_options.h"
#include "builder/first_contact.h"
#include "builder/unlocked_target.h"
#include "registry/s3_bucket.h"

namespace builder {

// Nothing is asked of the bucket before read_index(). Throws, beside
// CacheTarget's: not_found without the bucket; denied where the name is another
// program's.
class BucketTarget : public UnlockedTarget {
 public:
  // `contacts` must outlive it.
  BucketTarget(
      BucketOptions options, FirstContacts& contacts, std::stop_token stop,
      std::chrono::milliseconds least_pause = std::chrono::milliseconds(150));

  std::string describe() const override;
  bool has(const base::Descriptor& blob) const override;
  std::string read(const base::Descriptor& blob,
                   std::uint64_t limit_bytes) const override;
  void add(const base::Descriptor& blob, const Write& write) override;
  // A key is needed before the first byte is sent: a small blob is kept while
  // it is made, a large one is made twice.
  base::Descriptor add_made(std::string_view media_type,
                            const Write& write) override;
  std::uint64_t written_bytes() const noexcept override {
    return written_bytes_;
  }

 protected:
  std::optional<Found> find_manifest() override;
  std::string look() override;
  bool replace(const std::string& text, const std::string& version) override;
  bool holds(const std::string& text) override;
  // What another program keeps under the name is left alone: denied.
  store::CacheIndex parse(const std::string& text) override;
  void keep(const store::CacheIndex& index,
            const std::vector<base::Descriptor>& more) override;

 private:
  struct Known {
    std::uint64_t size_bytes = 0;
    std::optional<std::chrono::sys_seconds> last_modified;
  };
  void list_blobs();
  void keep_young(const base::Digest& digest);

  BucketOptions options_;
  FirstContacts& contacts_;
  mutable registry::S3Bucket bucket_;
  mutable base::Guarded<std::map<base::Digest, Known>> known_;
  std::atomic<std::uint64_t> written_bytes_ = 0;
};

// A bucket, with the process's environment, asked with little patience. Throws:
// invalid_input for settings that make no address.
registry::S3Bucket open_bucket(const BucketOptions& options);

// What is kept under the cache's name, asked for first. Throws: as S3Bucket;
// unavailable when it takes too long.
std::optional<registry::S3Content> find_manifest_soon(
    registry::S3Bucket& bucket, const BucketOptions& options,
    FirstContacts& contacts, const std::stop_token& stop);

}  // namespace builder

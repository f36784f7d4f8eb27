// The objects of one bucket, as a remote cache needs them: S3 API reference,
// HeadObject, GetObject, PutObject, CopyObject, multipart uploads,
// ListObjectsV2, DeleteObject. Amazon's and what speaks as it does (MinIO,
// Ceph, R2, …).
//
// A key is bytes, "cache/blobs/sha256:…"; no part of it between slashes is "."
// or "..". A put is whole or not there: what was sent of one that failed is
// taken back. Bytes that were read are the caller's to compare with a digest.
// Threads: all members may be called at once.
// Throws, all: unavailable after several tries, not_found (also without the
// bucket), denied (also for a clock that is wrong), invalid_input, cancelled;
// the message names the object and has S3's own words.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "registry/blob_upload.h"
#include "registry/repository.h"
#include "registry/s3_host.h"

namespace registry {

struct S3Object {
  std::string key;
  std::uint64_t size_bytes = 0;
  std::string etag;  // with its quotes
  std::optional<std::chrono::sys_seconds> last_modified{};
};

struct S3Content {
  std::string bytes;
  std::string etag;
};

// When a put counts. A server that knows no conditions puts in any case: this
// spares overwriting, it is no lock.
struct S3Condition {
  enum class When { always, absent, unchanged };
  When when = When::always;
  std::string etag{};  // with `unchanged`: of what is to be replaced
};

class S3Bucket {
 public:
  explicit S3Bucket(S3Settings settings, S3CredentialSources sources,
                    Proxies proxies = Proxies::of_process(),
                    HttpLimits limits = {}, TlsSettings tls = {});

  // "s3://bucket/key", for people.
  std::string describe(std::string_view key) const;

  std::optional<S3Object> find(const std::string& key,
                               const std::stop_token& stop);
  // All of it, at most so many bytes; more are invalid_input.
  std::optional<S3Content> find_content(const std::string& key,
                                        std::size_t most_bytes,
                                        const std::stop_token& stop);
  // Asked for when the first byte is read; goes on where it was cut. Throws
  // while it is read: as above; corrupt when the object was replaced meanwhile.
  BlobBytes open(const std::string& key, std::stop_token stop);

  // Whether it is there as given: false when the condition did not hold and
  // something else is there.
  bool put(const std::string& key, std::string_view bytes,
           const S3Condition& condition, const std::stop_token& stop);
  // Of any size, sent in parts while they are made; `make` is called once.
  // Returns its size. Throws what `make` throws.
  std::uint64_t put(const std::string& key, const MakeBlob& make,
                    const OnUpload& on_bytes, const std::stop_token& stop);
  // Makes it as young as if it were put now, for rules that remove by age. The
  // server copies it onto itself: of more than 5 GiB it does not
  // (invalid_input).
  void touch(const std::string& key, const std::stop_token& stop);
  // Also when it is not there.
  void remove(const std::string& key, const std::stop_token& stop);

  // All whose keys begin so, in the order of their bytes, page by page.
  void list(const std::string& prefix,
            const std::function<void(const S3Object&)>& found,
            const std::stop_token& stop);

 private:
  bool is_ours(const std::string& key, std::string_view bytes,
               const std::stop_token& stop);

  S3Host host_;
};

}  // namespace registry

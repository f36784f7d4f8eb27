// A build cache in a bucket, read: the manifest and the key index; nothing else
// is looked at before it is needed, a blob that is missing is found out then.
#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "builder/bucket_options.h"
#include "builder/bucket_target.h"
#include "builder/cache_source.h"
#include "store/manifest.h"

namespace builder {
namespace {

class BucketCacheSource : public CacheSource {
 public:
  BucketCacheSource(BucketOptions options, FirstContacts& contacts,
                    std::stop_token stop)
      : options_(std::move(options)),
        contacts_(contacts),
        stop_(std::move(stop)),
        bucket_(open_bucket(options_)) {}

  std::string describe() const override { return options_.describe(); }

  Contents read_index() override {
    const auto content =
        find_manifest_soon(bucket_, options_, contacts_, stop_);
    if (!content) {
      throw base::Error(base::ErrorKind::not_found,
                        "there is no build cache of that name")
          .hint("--cache-to with the same bucket, prefix and name makes one");
    }
    Contents all;
    all.read_bytes = content->bytes.size();
    const store::Manifest manifest = store::parse_manifest(content->bytes);
    if (manifest.config.media_type != store::kCacheConfigType) {
      throw base::Error(
          base::ErrorKind::unsupported,
          fmt::format("it is not a build cache of strake but \"{}\"",
                      manifest.config.media_type));
    }
    all.index = store::parse_cache_index(
        read_blob(*this, manifest.config, store::kMostDocumentBytes,
                  [&](std::size_t bytes) { all.read_bytes += bytes; }));
    return all;
  }

  store::ByteSource open_blob(const base::Descriptor& blob) override {
    return bucket_.open(options_.blob_key(blob.digest), stop_);
  }

 private:
  BucketOptions options_;
  FirstContacts& contacts_;
  std::stop_token stop_;
  registry::S3Bucket bucket_;
};

}  // namespace

std::unique_ptr<CacheSource> open_bucket_cache(BucketOptions options,
                                               FirstContacts& contacts,
                                               std::stop_token stop) {
  return std::make_unique<BucketCacheSource>(std::move(options), contacts,
                                             std::move(stop));
}

}  // namespace builder

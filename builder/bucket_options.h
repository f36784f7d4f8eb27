// A build cache in a bucket of S3, named: --cache-from and --cache-to type=s3,
// with BuildKit's words.
#pragma once

#include <chrono>
#include <string>

#include "base/digest.h"
#include "registry/s3_host.h"

namespace builder {

struct BucketOptions {
  registry::S3Settings settings;
  registry::AwsCredentials given{};  // empty: found where AWS's programs look
  // Keys are PREFIX BLOBS_PREFIX sha256:… and PREFIX MANIFESTS_PREFIX NAME.
  std::string prefix{};
  std::string blobs_prefix = "blobs/";
  std::string manifests_prefix = "manifests/";
  std::string name = "strake";
  // Blobs of an exported cache that are older are made young, for rules of the
  // bucket that remove by age.
  std::chrono::seconds touch_refresh = std::chrono::hours(24);

  std::string blob_key(const base::Digest& digest) const {
    return prefix + blobs_prefix + digest.str();
  }
  std::string manifest_key() const { return prefix + manifests_prefix + name; }
  // "s3://bucket/manifests/strake", for people.
  std::string describe() const {
    return "s3://" + settings.bucket + "/" + manifest_key();
  }
};

}  // namespace builder

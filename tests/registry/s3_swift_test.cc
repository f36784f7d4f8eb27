// The same bucket at a server that others have written: by hand, or by
// tests/e2e/buckets_are_kept_by_swift.sh, with $S3_ENDPOINT, the environment's
// credentials and an empty bucket "cache".
#include <catch2/catch.hpp>
#include <cstdlib>

#include "base/error.h"
#include "registry/s3_bucket.h"
#include "tests/has_kind.h"

using registry::S3Bucket;
using registry::S3Condition;
using registry::S3Object;
using tests::HasKind;

namespace {

S3Bucket open(registry::AwsCredentials given = {}) {
  const char* const endpoint = std::getenv("S3_ENDPOINT");
  REQUIRE(endpoint != nullptr);
  return S3Bucket({"cache", "us-east-1", endpoint},
                  {std::move(given),
                   registry::S3CredentialSources::variables_of_process(),
                   {}});
}

std::string read(const registry::BlobBytes& bytes) {
  std::string all;
  std::vector<std::byte> buffer(100'000);
  while (const std::size_t count = bytes(buffer.data(), buffer.size())) {
    all.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return all;
}

}  // namespace

TEST_CASE("another server keeps and gives back objects", "[.][s3-server]") {
  S3Bucket bucket = open();
  const std::string key = "blobs/sha256:a b+\u00fc=&";
  CHECK_FALSE(bucket.find(key, {}));
  CHECK(bucket.put(key, "bytes", {}, {}));
  const auto found = bucket.find(key, {});
  REQUIRE(found);
  CHECK(found->size_bytes == 5);
  CHECK(found->last_modified);
  CHECK(bucket.find_content(key, 10, {})->bytes == "bytes");
  CHECK(read(bucket.open(key, {})) == "bytes");
  bucket.touch(key, {});
  CHECK(bucket.find_content(key, 10, {})->bytes == "bytes");
  std::vector<std::string> keys;
  bucket.list("blobs/",
              [&](const S3Object& object) { keys.push_back(object.key); }, {});
  CHECK(keys == std::vector<std::string>{key});
  bucket.remove(key, {});
  CHECK_FALSE(bucket.find_content(key, 10, {}));
}

TEST_CASE("another server joins parts", "[.][s3-server]") {
  S3Bucket bucket = open();
  std::string bytes;
  for (int i = 0; bytes.size() < (std::size_t{17} << 20U); ++i) {
    bytes += std::to_string(i) + " ";
  }
  const auto make = [&](const std::function<void(std::string_view)>& sink) {
    sink(bytes);
  };
  CHECK(bucket.put("large", make, {}, {}) == bytes.size());
  CHECK(read(bucket.open("large", {})) == bytes);
  const auto fail = [&](const std::function<void(std::string_view)>& sink) {
    sink(bytes);
    throw base::Error(base::ErrorKind::corrupt, "it is damaged");
  };
  CHECK_THROWS_AS(bucket.put("half", fail, {}, {}), base::Error);
  CHECK_FALSE(bucket.find("half", {}));
}

TEST_CASE("another server refuses a wrong secret", "[.][s3-server]") {
  S3Bucket bucket = open({std::getenv("AWS_ACCESS_KEY_ID"), "wrong", {}});
  CHECK_THROWS_MATCHES(
      bucket.put("k", "v", {}, {}), base::Error,
      HasKind(base::ErrorKind::denied, "403 SignatureDoesNotMatch"));
}

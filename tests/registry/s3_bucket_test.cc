// Objects in buckets of a server that checks signatures and misbehaves by the
// bucket's name: s3_server.py says how.
#include "registry/s3_bucket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "python_server.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
using registry::S3Bucket;
using registry::S3Condition;
using registry::S3Object;
using registry::S3Settings;
using tests::HasKind;

namespace {

constexpr registry::HttpLimits kLimits = {
    .connect = std::chrono::seconds(2),
    .stall = std::chrono::seconds(5),
    .first_delay = std::chrono::milliseconds(1)};
const S3Condition kIfAbsent{S3Condition::When::absent, {}};

struct Fixture {
  explicit Fixture(const std::vector<std::string>& words = {})
      : server("s3_server.py", words) {}

  std::string url() const {
    return fmt::format("http://127.0.0.1:{}", server.port());
  }
  S3Bucket open(const std::string& name) const {
    return S3Bucket({name, "us-east-1", url()},
                    {{"AKIDTEST", "test/secret+key", {}}}, registry::Proxies(),
                    kLimits);
  }
  // How many of the requests began so.
  long asked(const std::string& words) const {
    const auto lines = server.requests();
    return std::count_if(
        lines.begin(), lines.end(),
        [&](const std::string& line) { return line.starts_with(words); });
  }

  tests::PythonServer server;
  std::stop_source stopper;
  std::stop_token stop = stopper.get_token();
};

std::string read(const registry::BlobBytes& bytes) {
  std::string all;
  std::array<std::byte, 5000> buffer{};
  while (const std::size_t count = bytes(buffer.data(), buffer.size())) {
    all.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return all;
}

std::string make_bytes(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i)
    bytes += fmt::format("{} ", i);
  bytes.resize(size);
  return bytes;
}

// In pieces, as layers come.
registry::MakeBlob pieces_of(const std::string& bytes) {
  return [&bytes](const std::function<void(std::string_view)>& sink) {
    constexpr std::size_t kPiece = 300'000;
    for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
      sink(std::string_view(bytes).substr(at, kPiece));
    }
  };
}

constexpr std::size_t kMiB = std::size_t{1} << 20U;

}  // namespace

TEST_CASE("an object is found and read as it was put", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("plain");
  CHECK_FALSE(bucket.find("a", fixture.stop));
  CHECK_FALSE(bucket.find_content("a", 100, fixture.stop));
  CHECK(bucket.put("a", "some bytes", {}, fixture.stop));
  const auto found = bucket.find("a", fixture.stop);
  REQUIRE(found);
  CHECK(found->size_bytes == 10);
  CHECK_THAT(found->etag, Catch::StartsWith("\""));
  CHECK(found->last_modified);
  const auto content = bucket.find_content("a", 100, fixture.stop);
  REQUIRE(content);
  CHECK(content->bytes == "some bytes");
  CHECK(content->etag == found->etag);
  CHECK(read(bucket.open("a", fixture.stop)) == "some bytes");
  CHECK_THROWS_MATCHES(bucket.find_content("a", 9, fixture.stop), base::Error,
                       HasKind(ErrorKind::invalid_input, "s3://plain/a"));
  bucket.remove("a", fixture.stop);
  bucket.remove("a", fixture.stop);
  CHECK_FALSE(bucket.find("a", fixture.stop));
  CHECK_THROWS_MATCHES(read(bucket.open("a", fixture.stop)), base::Error,
                       HasKind(ErrorKind::not_found, "s3://plain/a"));
}

TEST_CASE("keys may have any bytes in them", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("plain");
  const std::vector<std::string> keys = {"blobs/sha256:0123",
                                         "a b+c%20d",
                                         "\u00fc/\u20ac",
                                         "x=y&z?#[]@!$'()*,;",
                                         "a//b/",
                                         "...",
                                         "~-_."};
  for (const std::string& key : keys) bucket.put(key, key, {}, fixture.stop);
  for (const std::string& key : keys) {
    CAPTURE(key);
    const auto content = bucket.find_content(key, 100, fixture.stop);
    REQUIRE(content);
    CHECK(content->bytes == key);
  }
  std::vector<std::string> listed;
  bucket.list(
      "", [&](const S3Object& object) { listed.push_back(object.key); },
      fixture.stop);
  CHECK_THAT(listed, Catch::UnorderedEquals(keys));
  for (const char* const key : {"..", "a/../b", "./a", "a/."}) {
    CHECK_THROWS_MATCHES(bucket.put(key, "", {}, fixture.stop), base::Error,
                         HasKind(ErrorKind::invalid_input, key));
  }
}

TEST_CASE("a wrong secret is refused and never told", "[s3]") {
  Fixture fixture;
  S3Bucket bucket({"plain", "us-east-1", fixture.url()},
                  {{"AKIDTEST", "wrong-secret", {}}}, registry::Proxies(),
                  kLimits);
  try {
    bucket.put("a", "b", {}, fixture.stop);
    FAIL("it was taken");
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::denied);
    CHECK_THAT(error.message(), Contains("403 SignatureDoesNotMatch"));
    CHECK_THAT(error.message(), !Contains("wrong-secret"));
    CHECK_THAT(error.hint(), Contains("secret_access_key"));
  }
}

TEST_CASE("temporary credentials go with their token", "[s3]") {
  Fixture fixture;
  for (const std::string token : {"the=token", "another"}) {
    S3Bucket bucket({"plain", "us-east-1", fixture.url()},
                    {{"ASIATEST", "temporary", token}}, registry::Proxies(),
                    kLimits);
    if (token == "the=token") {
      CHECK(bucket.put("a", "b", {}, fixture.stop));
    } else {
      CHECK_THROWS_AS(bucket.put("a", "b", {}, fixture.stop), base::Error);
    }
  }
}

TEST_CASE("what S3 says is in the message", "[s3]") {
  Fixture fixture;
  CHECK_THROWS_MATCHES(
      fixture.open("private").find_content("k", 10, fixture.stop), base::Error,
      HasKind(ErrorKind::denied, "says 403 AccessDenied: Access Denied"));
  CHECK_THROWS_MATCHES(
      fixture.open("nowhere").find_content("k", 10, fixture.stop), base::Error,
      HasKind(ErrorKind::not_found, "NoSuchBucket"));
  CHECK_THROWS_MATCHES(fixture.open("weary").find("k", fixture.stop),
                       base::Error,
                       HasKind(ErrorKind::invalid_input, "s3://weary/k"));
  CHECK_THROWS_MATCHES(
      fixture.open("weary").find_content("k", 10, fixture.stop), base::Error,
      HasKind(ErrorKind::denied, "ExpiredToken"));
}

TEST_CASE("a clock that is wrong is told of", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("skewed");
  const auto check = [](const base::Error& error) {
    CHECK(error.kind() == ErrorKind::denied);
    CHECK_THAT(error.message(), Contains("minutes ahead of this machine's"));
    CHECK_THAT(error.hint(), Contains("clock"));
  };
  try {
    bucket.find_content("k", 10, fixture.stop);
    FAIL("it was taken");
  } catch (const base::Error& error) {
    check(error);
  }
  try {
    bucket.find("k", fixture.stop);  // its reply has no body
    FAIL("it was taken");
  } catch (const base::Error& error) {
    check(error);
  }
}

TEST_CASE("a bucket is asked where it is", "[s3]") {
  Fixture fixture;
  const std::string name = GENERATE("frankfurt", "milan");
  CAPTURE(name);
  S3Bucket bucket = fixture.open(name);
  if (name == "milan") {
    CHECK(bucket.put("k", "there", {}, fixture.stop));
  } else {
    CHECK_FALSE(bucket.find("k", fixture.stop));
    CHECK(bucket.put("k", "there", {}, fixture.stop));
  }
  CHECK(bucket.find_content("k", 10, fixture.stop)->bytes == "there");
  // Once it is known, it is not asked elsewhere first.
  CHECK(fixture.asked("GET") == 1);
}

TEST_CASE("a redirect is followed with a new signature", "[s3]") {
  Fixture fixture;
  fixture.open("moved").put("k", "bytes", {}, fixture.stop);
  CHECK(fixture.open("plain").find_content("k", 10, fixture.stop)->bytes ==
        "bytes");
}

TEST_CASE("a server that is busy is asked again", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("busy");
  CHECK(bucket.put("k", "bytes", {}, fixture.stop));
  CHECK(bucket.find("k", fixture.stop));
  CHECK(bucket.find_content("k", 10, fixture.stop)->bytes == "bytes");
}

TEST_CASE("an object that was cut goes on where it ended", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("cut");
  const std::string bytes = make_bytes(3 * kMiB);
  bucket.put("k", bytes, {}, fixture.stop);
  CHECK(read(bucket.open("k", fixture.stop)) == bytes);
  const std::string last = fixture.server.requests().back();
  CHECK_THAT(last, Contains("Range=bytes=") && Contains("If-Match=\""));
}

TEST_CASE("an object that is replaced while it is read is no mixture", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("swapped");
  bucket.put("k", make_bytes(3 * kMiB), {}, fixture.stop);
  CHECK_THROWS_MATCHES(read(bucket.open("k", fixture.stop)), base::Error,
                       HasKind(ErrorKind::corrupt, "replaced"));
}

TEST_CASE("a put counts only on its condition", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("plain");
  CHECK(bucket.put("k", "one", kIfAbsent, fixture.stop));
  CHECK_FALSE(bucket.put("k", "two", kIfAbsent, fixture.stop));
  const auto one = bucket.find_content("k", 10, fixture.stop);
  CHECK(one->bytes == "one");
  const S3Condition unchanged{S3Condition::When::unchanged, one->etag};
  CHECK(bucket.put("k", "three", unchanged, fixture.stop));
  CHECK_FALSE(bucket.put("k", "four", unchanged, fixture.stop));
  CHECK(bucket.find_content("k", 10, fixture.stop)->bytes == "three");
}

TEST_CASE("a server without conditions takes every put", "[s3]") {
  Fixture fixture;
  const std::string name = GENERATE("old", "older");
  CAPTURE(name);
  S3Bucket bucket = fixture.open(name);
  CHECK(bucket.put("k", "one", kIfAbsent, fixture.stop));
  CHECK(bucket.put("k", "two", kIfAbsent, fixture.stop));
  CHECK(bucket.find_content("k", 10, fixture.stop)->bytes == "two");
}

TEST_CASE("a put whose reply was lost is known as one's own", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("deaf");
  CHECK_FALSE(bucket.find("k", fixture.stop));
  CHECK(bucket.put("k", "one", kIfAbsent, fixture.stop));
  CHECK_FALSE(bucket.put("k", "two", kIfAbsent, fixture.stop));
  CHECK(fixture.asked("PUT /deaf/k 412") == 2);
}

TEST_CASE("what fits into a part is put at once", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("plain");
  const std::string bytes =
      make_bytes(GENERATE(std::size_t{0}, std::size_t{1}, 8 * kMiB));
  CAPTURE(bytes.size());
  CHECK(bucket.put("k", pieces_of(bytes), {}, fixture.stop) == bytes.size());
  CHECK(read(bucket.open("k", fixture.stop)) == bytes);
  CHECK(fixture.asked("POST") == 0);
}

TEST_CASE("what is larger goes up in parts", "[s3]") {
  Fixture fixture;
  const std::string name = GENERATE("plain", "busy", "late", "deaf");
  CAPTURE(name);
  S3Bucket bucket = fixture.open(name);
  const std::string bytes = make_bytes(17 * kMiB + 5);
  std::uint64_t last = 0;
  CHECK(bucket.put(
            "blobs/a b", pieces_of(bytes),
            [&](std::uint64_t sent) { last = sent; },
            fixture.stop) == bytes.size());
  CHECK(last == bytes.size());
  CHECK(read(bucket.open("blobs/a b", fixture.stop)) == bytes);
  CHECK(fixture.asked("DELETE") == 0);
}

TEST_CASE("an upload that fails is aborted", "[s3]") {
  Fixture fixture;
  const std::string bytes = make_bytes(17 * kMiB);
  const std::string name = GENERATE("full", "broken");
  CAPTURE(name);
  S3Bucket bucket = fixture.open(name);
  CHECK_THROWS_MATCHES(
      bucket.put("k", pieces_of(bytes), {}, fixture.stop), base::Error,
      HasKind(name == "full" ? ErrorKind::denied : ErrorKind::invalid_input,
              name == "full" ? "QuotaExceeded" : "InvalidPart"));
  CHECK(fixture.asked("DELETE /" + name + "/k?uploadId=upload%2F%2B1 204") ==
        1);
  CHECK_FALSE(bucket.find("k", fixture.stop));
}

TEST_CASE("an upload whose bytes cannot be made is aborted", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("plain");
  const std::string bytes = make_bytes(17 * kMiB);
  CHECK_THROWS_WITH(bucket.put(
                        "k",
                        [&](const std::function<void(std::string_view)>& sink) {
                          sink(bytes);
                          throw base::Error(ErrorKind::corrupt,
                                            "the layer is damaged");
                        },
                        {}, fixture.stop),
                    "the layer is damaged");
  CHECK(fixture.asked("DELETE /plain/k?uploadId=upload%2F%2B1 204") == 1);
}

TEST_CASE("an upload that is stopped is aborted", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("plain");
  const std::string bytes = make_bytes(33 * kMiB);
  CHECK_THROWS_MATCHES(
      bucket.put(
          "k", pieces_of(bytes),
          [&](std::uint64_t) { fixture.stopper.request_stop(); }, fixture.stop),
      base::Error, HasKind(ErrorKind::cancelled));
  CHECK(fixture.asked("DELETE /plain/k?uploadId=upload%2F%2B1 204") == 1);
}

TEST_CASE("all pages of a list are read", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("paged");
  for (const char* const key : {"c/1", "c/2", "c/+ 3", "c/4", "c/5", "d"}) {
    bucket.put(key, key, {}, fixture.stop);
  }
  std::vector<std::string> keys;
  bucket.list(
      "c/",
      [&](const S3Object& object) {
        keys.push_back(object.key);
        CHECK(object.size_bytes == object.key.size());
        CHECK_THAT(object.etag, Catch::StartsWith("\""));
        CHECK(object.last_modified);
      },
      fixture.stop);
  CHECK(keys == std::vector<std::string>{"c/+ 3", "c/1", "c/2", "c/4", "c/5"});
}

TEST_CASE("lists that make no sense are refused", "[s3]") {
  Fixture fixture;
  const auto list = [&](const std::string& name) {
    fixture.open(name).list(
        "", [](const S3Object&) {}, fixture.stop);
  };
  CHECK_THROWS_MATCHES(list("endless"), base::Error,
                       HasKind(ErrorKind::invalid_input, "come to an end"));
  CHECK_THROWS_MATCHES(list("page"), base::Error,
                       HasKind(ErrorKind::invalid_input, "the list of s3://"));
}

TEST_CASE("an object is made young by a copy onto itself", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("plain");
  bucket.put("a b/+", "bytes", {}, fixture.stop);
  bucket.touch("a b/+", fixture.stop);
  CHECK(bucket.find_content("a b/+", 10, fixture.stop)->bytes == "bytes");
  CHECK_THROWS_MATCHES(bucket.touch("none", fixture.stop), base::Error,
                       HasKind(ErrorKind::not_found, "NoSuchKey"));
}

TEST_CASE("a bucket is a part of the host's name where that can be", "[s3]") {
  Fixture fixture;
  S3Bucket bucket({"plain", "us-east-1",
                   fmt::format("http://localhost:{}", fixture.server.port())},
                  {{"AKIDTEST", "test/secret+key", {}}}, registry::Proxies(),
                  kLimits);
  CHECK(bucket.put("k", "bytes", {}, fixture.stop));
  CHECK_THAT(fixture.server.requests().back(),
             Contains("PUT /k 200 Host=plain.localhost:"));
  S3Bucket by_path(
      {"plain", "us-east-1",
       fmt::format("http://localhost:{}", fixture.server.port()), true},
      {{"AKIDTEST", "test/secret+key", {}}}, registry::Proxies(), kLimits);
  CHECK(by_path.put("k", "bytes", {}, fixture.stop));
  CHECK_THAT(fixture.server.requests().back(),
             Contains("PUT /plain/k 200 Host=localhost:"));
}

TEST_CASE("bodies are hashed only where TLS does not guard them", "[s3]") {
  const base::TempDir root;
  const std::string key = (root.path() / "key").native();
  const std::string certificate = (root.path() / "certificate").native();
  base::run_command(
      {.args = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                "-subj", "/CN=localhost", "-keyout", key, "-out", certificate},
       .env = {}},
      {});
  base::replace_file(key, base::read_file(key) + base::read_file(certificate),
                     0600);
  const Fixture plain;
  plain.open("plain").put("k", "bytes", {}, plain.stop);
  CHECK_THAT(plain.server.requests().back(),
             Contains("Sha256=" + registry::hash_payload("bytes")));

  const Fixture guarded({key});
  registry::TlsSettings tls;
  tls.verifies = false;
  const auto open = [&](const std::string& name) {
    return S3Bucket(
        {name, "us-east-1",
         fmt::format("https://127.0.0.1:{}", guarded.server.port())},
        {{"AKIDTEST", "test/secret+key", {}}}, registry::Proxies(), kLimits,
        tls);
  };
  open("plain").put("k", "bytes", {}, guarded.stop);
  CHECK_THAT(guarded.server.requests().back(),
             Contains("Sha256=UNSIGNED-PAYLOAD"));
  CHECK_THROWS_MATCHES(open("downgraded").find("k", guarded.stop), base::Error,
                       HasKind(ErrorKind::denied, "without TLS"));
}

TEST_CASE("several threads share a bucket", "[s3]") {
  Fixture fixture;
  S3Bucket bucket = fixture.open("plain");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&bucket, &fixture, i] {
      for (int j = 0; j < 5; ++j) {
        const std::string key = fmt::format("{}/{}", i, j);
        bucket.put(key, key, {}, fixture.stop);
        if (bucket.find_content(key, 10, fixture.stop)->bytes != key) {
          std::abort();
        }
      }
    });
  }
  threads.clear();
  int count = 0;
  bucket.list(
      "", [&](const S3Object&) { ++count; }, fixture.stop);
  CHECK(count == 40);
}

TEST_CASE("settings that make no address are refused", "[s3]") {
  const S3Settings settings =
      GENERATE(S3Settings{"", "us-east-1"}, S3Settings{"a/b", "us-east-1"},
               S3Settings{"b", ""}, S3Settings{"b", "evil.example/"},
               S3Settings{"b", "r", "ftp://host"}, S3Settings{"b", "r", "host"},
               S3Settings{"b", "r", "http://me:secret@host"},
               S3Settings{"b", "r", "http://host/?x"});
  try {
    const S3Bucket bucket(settings, {});
    FAIL("it was taken");
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::invalid_input);
    CHECK_THAT(error.message(), !Contains("secret"));
  }
}

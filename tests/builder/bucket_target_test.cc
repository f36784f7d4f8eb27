// A cache in a bucket as writers leave it, several at once among them.
#include "builder/bucket_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <future>

#include "../registry/python_server.h"
#include "builder/cache_merge.h"
#include "builder/cache_source.h"
#include "store/manifest.h"
#include "tests/has_kind.h"

using base::Digest;
using base::ErrorKind;

namespace {

struct Fixture {
  tests::PythonServer server{"s3_server.py"};
  mutable builder::FirstContacts contacts;

  builder::BucketOptions options(const std::string& bucket = "plain") const {
    builder::BucketOptions all;
    all.settings = {bucket, "us-east-1",
                    fmt::format("http://127.0.0.1:{}", server.port())};
    all.given = {"AKIDTEST", "test/secret+key", {}};
    all.prefix = "team/";
    // The server lists all its objects as old ones.
    all.touch_refresh = std::chrono::years(100);
    return all;
  }
  builder::BucketTarget open(
      const std::string& bucket = "plain",
      std::chrono::milliseconds pause = std::chrono::milliseconds(20)) const {
    return {options(bucket), contacts, {}, pause};
  }
  // A cache of this layer, whose bytes are its name.
  static store::CacheIndex index_of(builder::CacheTarget& target,
                                    const std::string& name) {
    store::CacheIndex index;
    store::CachedStep step;
    step.key = Digest::of("key of " + name);
    step.operation = step.parent = step.stable_digest = Digest::of("x");
    step.diff_id = Digest::of(name);
    index.records[step.key] = step;
    index.layers[step.diff_id] = {step.diff_id, Digest::of("x"),
                                  name.size(),  target.put("layer.tar", name),
                                  {},           0};
    return index;
  }
  // As an export does.
  static void write(builder::CacheTarget& target, store::CacheIndex index) {
    for (;;) {
      auto theirs = target.commit(index, {});
      if (!theirs) return;
      builder::merge_index(index, std::move(*theirs));
    }
  }
  std::size_t count(const std::string& bucket = "plain") const {
    return open(bucket).read_index().records.size();
  }
  // How many of the requests began so.
  long asked(const std::string& words) const {
    const auto lines = server.requests();
    return std::count_if(
        lines.begin(), lines.end(),
        [&](const std::string& line) { return line.starts_with(words); });
  }
};

const std::string kManifest = "team/manifests/strake";

}  // namespace

TEST_CASE_METHOD(Fixture, "a cache in a bucket is read back",
                 "[bucket_target]") {
  builder::BucketTarget target = open();
  CHECK(target.describe() == "s3://plain/team/manifests/strake");
  CHECK(target.read_index().records.empty());
  const store::CacheIndex index = index_of(target, "one");
  CHECK_FALSE(target.commit(index, {}));

  builder::BucketTarget again = open();
  const store::CacheIndex found = again.read_index();
  CHECK(store::render_cache_index(found) == store::render_cache_index(index));
  const base::Descriptor& blob = found.layers.begin()->second.blob;
  CHECK(again.has(blob));
  CHECK(again.read(blob, 100) == "one");

  const auto source = builder::open_bucket_cache(options(), contacts, {});
  CHECK(source->read_index().index.records.size() == 1);
  CHECK(builder::read_blob(*source, blob, 100) == "one");
}

TEST_CASE_METHOD(Fixture, "what is in a bucket is not sent again",
                 "[bucket_target]") {
  builder::BucketTarget first = open();
  first.read_index();
  write(first, index_of(first, "one"));
  const long puts = asked("PUT");
  builder::BucketTarget second = open();
  const store::CacheIndex index = second.read_index();
  CHECK_FALSE(second.commit(index, {}));
  CHECK(second.written_bytes() == 0);
  CHECK(asked("PUT") == puts);
}

TEST_CASE_METHOD(Fixture, "a small blob that a bucket lacks is made once",
                 "[bucket_target]") {
  builder::BucketTarget target = open();
  int times = 0;
  const auto make = [&times](const store::ByteSink& sink) {
    ++times;
    sink("hel");
    sink("lo");
  };
  const base::Descriptor made = target.add_made("layer.tar", make);
  CHECK(times == 1);
  CHECK(made.digest == Digest::of("hello"));
  CHECK(made.size_bytes == 5);
  CHECK(made.media_type == "layer.tar");
  CHECK(target.read(made, 5) == "hello");
  const long puts = asked("PUT");
  CHECK(target.add_made("layer.tar", make) == made);
  CHECK(asked("PUT") == puts);
}

TEST_CASE_METHOD(Fixture, "a blob that is not kept while it is made is whole",
                 "[bucket_target]") {
  builder::BucketTarget target = open();
  const std::string piece(1U << 20U, 'p');
  const base::Descriptor made =
      target.add_made("layer.tar", [&](const store::ByteSink& sink) {
        for (int i = 0; i < 9; ++i) sink(piece);
      });
  CHECK(made.size_bytes == 9 * piece.size());
  CHECK(target.read(made, made.size_bytes).size() == made.size_bytes);
}

TEST_CASE_METHOD(Fixture, "a layer that the bucket's rules removed is left out",
                 "[bucket_target]") {
  builder::BucketTarget target = open();
  target.read_index();
  write(target, index_of(target, "one"));
  registry::S3Bucket bucket = builder::open_bucket(options());
  bucket.remove(options().blob_key(Digest::of("one")), {});
  const store::CacheIndex left = open().read_index();
  CHECK(left.layers.empty());
  CHECK(left.records.empty());
}

TEST_CASE_METHOD(Fixture, "a damaged cache in a bucket is replaced",
                 "[bucket_target]") {
  registry::S3Bucket bucket = builder::open_bucket(options());
  const std::string cut =
      fmt::format("{{\"mediaType\":\"{}\"", base::media_type::kOciManifest);
  const std::string text = GENERATE_COPY(std::string(), cut);
  REQUIRE(bucket.put(kManifest, text, {}, {}));
  builder::BucketTarget target = open();
  CHECK(target.read_index().records.empty());
  write(target, index_of(target, "one"));
  CHECK(count() == 1);
}

TEST_CASE_METHOD(Fixture, "another program's object stays in its bucket",
                 "[bucket_target]") {
  registry::S3Bucket bucket = builder::open_bucket(options());
  REQUIRE(bucket.put(kManifest, "{\"layers\":[],\"records\":[]}", {}, {}));
  CHECK_THROWS_MATCHES(open().read_index(), base::Error,
                       tests::HasKind(ErrorKind::denied));
}

TEST_CASE_METHOD(Fixture, "who wrote to a bucket since the read is merged",
                 "[bucket_target]") {
  // One that knows conditions, and one that does not.
  const std::string bucket = GENERATE("plain", "old", "older");
  builder::BucketTarget one = open(bucket), other = open(bucket);
  one.read_index();
  other.read_index();
  write(other, index_of(other, "theirs"));
  store::CacheIndex index = index_of(one, "ours");
  const auto theirs = one.commit(index, {});
  REQUIRE(theirs);
  CHECK(theirs->records.contains(Digest::of("key of theirs")));
  builder::merge_index(index, *theirs);
  write(one, index);
  CHECK(count(bucket) == 2);
}

TEST_CASE_METHOD(Fixture, "many that write to a bucket at once lose nothing",
                 "[bucket_target]") {
  const std::string bucket = GENERATE("plain", "old");
  const int writers = 6;
  std::vector<std::future<void>> all;
  for (int i = 0; i < writers; ++i) {
    all.push_back(std::async(std::launch::async, [this, &bucket, i] {
      builder::BucketTarget target =
          open(bucket, std::chrono::milliseconds(150));
      target.read_index();
      write(target, index_of(target, std::to_string(i)));
    }));
  }
  for (auto& one : all) one.get();
  CHECK(count(bucket) == writers);
}

TEST_CASE_METHOD(Fixture, "what a cache names is kept young once in its time",
                 "[bucket_target]") {
  builder::BucketTarget first = open();
  first.read_index();
  write(first, index_of(first, "one"));
  const auto export_again = [this](std::chrono::seconds refresh) {
    builder::BucketOptions all = options();
    all.touch_refresh = refresh;
    builder::BucketTarget target(all, contacts, {},
                                 std::chrono::milliseconds(20));
    const store::CacheIndex index = target.read_index();
    const long puts = asked("PUT");
    write(target, index);
    return asked("PUT") - puts;
  };
  CHECK(export_again(std::chrono::years(100)) == 0);
  // The layer and the key index.
  CHECK(export_again(std::chrono::hours(24)) == 2);
}

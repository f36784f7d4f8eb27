// The form in which build caches travel: what is read back, what is refused.
#include "store/cache_index.h"

#include <catch2/catch.hpp>

#include "tests/has_kind.h"

using base::Digest;
using base::ErrorKind;
using Catch::Contains;

namespace {

store::CacheIndex sample() {
  store::CacheIndex index;
  store::CachedStep step;
  step.key = Digest::of("key");
  step.operation = Digest::of("operation");
  step.parent = Digest::of("parent");
  step.diff_id = Digest::of("layer");
  step.stable_digest = Digest::of("stable");
  step.created = std::chrono::sys_seconds(std::chrono::seconds(1000));
  step.recorded = std::chrono::sys_seconds(std::chrono::seconds(2000));
  step.elapsed = std::chrono::milliseconds(1234);
  step.used = std::chrono::sys_seconds(std::chrono::seconds(86400));
  step.title = "RUN \xff";
  index.records[step.key] = step;
  index.layers[step.diff_id] = {
      step.diff_id,
      step.stable_digest,
      1024,
      {"application/vnd.oci.image.layer.v1.tar", step.diff_id, 1024, {}},
      base::Descriptor{"x", Digest::of("index"), 10, {}},
      77};
  store::CachedBase& base = index.bases[Digest::of("base")];
  base.layer = {Digest::of("base"),
                Digest::of("stable base"),
                512,
                {},
                base::Descriptor{"x", Digest::of("base index"), 11, {}},
                78};
  base.used = step.used;
  index.mounts["m"] = {
      "m", Digest::of("mount"), 5, {"x", Digest::of("list"), 3, {}}};
  return index;
}

std::string replaced(std::string text, const std::string& from,
                     const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a cache index is read back as it was written", "[cache]") {
  const std::string text = store::render_cache_index(sample());
  const store::CacheIndex read = store::parse_cache_index(text);
  const store::CachedStep& step = read.records.at(Digest::of("key"));
  CHECK(step.parent == Digest::of("parent"));
  CHECK(step.elapsed == std::chrono::milliseconds(1234));
  CHECK(step.used.time_since_epoch() == std::chrono::hours(24));
  const store::CachedLayer& layer = read.layers.at(Digest::of("layer"));
  CHECK(layer.blob.size_bytes == 1024);
  CHECK(layer.index->digest == Digest::of("index"));
  CHECK(layer.index_bytes == 77);
  const store::CachedBase& base = read.bases.at(Digest::of("base"));
  CHECK(base.layer.stable_digest == Digest::of("stable base"));
  CHECK(base.layer.index->digest == Digest::of("base index"));
  CHECK(base.used == step.used);
  CHECK(read.mounts.at("m").content == Digest::of("mount"));
  CHECK(store::render_cache_index(read) == text);
}

TEST_CASE("a base's layer has no bytes in a cache", "[cache]") {
  std::string text = store::render_cache_index(sample());
  text = replaced(text, R"("diff_id":")" + Digest::of("base").str() + '"',
                  R"("blob":{"mediaType":"x","digest":")" +
                      Digest::of("x").str() + R"(","size":1},"diff_id":")" +
                      Digest::of("base").str() + '"');
  const store::CacheIndex read = store::parse_cache_index(text);
  CHECK_FALSE(read.bases.at(Digest::of("base")).layer.blob.digest.is_set());
}

TEST_CASE("a cache index from before there were bases is read", "[cache]") {
  store::CacheIndex before = sample();
  before.bases.clear();
  const std::string text =
      replaced(store::render_cache_index(before), R"("bases":[],)", "");
  CHECK(store::parse_cache_index(text).records.size() == 1);
}

TEST_CASE("a cache index of another format is told as that", "[cache]") {
  const std::string text = store::render_cache_index(sample());
  REQUIRE_THROWS_MATCHES(store::parse_cache_index(
                             replaced(text, "\"version\":1", "\"version\":2")),
                         base::Error, tests::HasKind(ErrorKind::unsupported));
  REQUIRE_THROWS_MATCHES(store::parse_cache_index("{}"), base::Error,
                         tests::HasKind(ErrorKind::unsupported));
}

TEST_CASE("impossible times, sizes and digests are refused", "[cache]") {
  const std::string text = store::render_cache_index(sample());
  const std::pair<const char*, const char*> lies[] = {
      {"\"created\":1000", "\"created\":253402300800"},
      {"\"created\":1000", "\"created\":-1"},
      {"\"recorded\":2000", "\"recorded\":9223372036854775807"},
      {"\"elapsed_ms\":1234", "\"elapsed_ms\":1e300"},
      {"\"tar_bytes\":1024", "\"tar_bytes\":1125899906842625"},
      {"\"size\":1024", "\"size\":18446744073709551615"},
      {"\"title\":", "\"title\":7,\"other\":"},
  };
  for (const auto& [from, to] : lies) {
    INFO(to);
    CHECK_THROWS_MATCHES(store::parse_cache_index(replaced(text, from, to)),
                         base::Error, tests::HasKind(ErrorKind::invalid_input));
  }
}

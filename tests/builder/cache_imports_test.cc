// Caches elsewhere, through a source that counts what is asked of it.
#include "builder/cache_imports.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "base/temp_dir.h"
#include "fakes.h"
#include "store/zstd_writer.h"
#include "tests/has_kind.h"

using base::Digest;
using builder::CacheLost;

namespace {

struct Cache {
  store::CacheIndex index;
  std::map<Digest, std::string> blobs;
  std::vector<std::string> asked;
  bool is_broken = false;
};

class FakeSource : public builder::CacheSource {
 public:
  explicit FakeSource(Cache& cache) : cache_(cache) {}
  std::string describe() const override { return "elsewhere"; }
  Contents read_index() override {
    cache_.asked.emplace_back("index");
    if (cache_.is_broken) {
      throw base::Error(base::ErrorKind::unavailable, "nobody answers");
    }
    return {cache_.index};
  }
  store::ByteSource open_blob(const base::Descriptor& blob) override {
    cache_.asked.push_back(blob.media_type);
    return [bytes = cache_.blobs.at(blob.digest)](std::byte* buffer,
                                                  std::size_t size) mutable {
      size = std::min(size, bytes.size());
      std::copy_n(reinterpret_cast<const std::byte*>(bytes.data()), size,
                  buffer);
      bytes.erase(0, size);
      return size;
    };
  }

 private:
  Cache& cache_;
};

struct Fixture {
  base::TempDir root;
  store::Store near{root.path() / "near"};
  store::Store far{root.path() / "far"};
  Cache cache;
  tests::RecordingProgress progress;
  Digest key = Digest::of("key");
  store::Layer layer = make();
  builder::CacheImports::Options options;
  std::optional<builder::CacheImports> imports;

  // A layer of one file in the far store, and a cache that has it.
  store::Layer make() {
    const store::Lease lease = far.lease();
    const auto directory = lease.make_directory("made");
    tests::write_file(directory / "etc/greeting", "hello");
    const store::Layer made =
        far.layers().publish(lease, far.layers().seal(lease, directory));
    std::string tar;
    far.layers().write_tar(made.diff_id,
                           [&tar](std::string_view part) { tar += part; });
    const std::string index = far.layers().index(made.diff_id)->render();
    store::CachedLayer cached{made.diff_id,
                              made.stable_digest,
                              tar.size(),
                              put("layer", store::compress_zstd(tar)),
                              put("layer index", store::compress_zstd(index)),
                              index.size()};
    cache.index.layers[made.diff_id] = cached;
    store::CachedStep step;
    step.key = key;
    step.diff_id = made.diff_id;
    step.stable_digest = made.stable_digest;
    cache.index.records[key] = step;
    return made;
  }
  base::Descriptor put(const char* type, const std::string& bytes) {
    const Digest digest = Digest::of(bytes);
    cache.blobs[digest] = bytes;
    return {type, digest, bytes.size(), {}};
  }
  store::CachedLayer& cached() { return cache.index.layers.at(layer.diff_id); }
  void open() {
    std::vector<std::unique_ptr<builder::CacheSource>> sources;
    sources.push_back(std::make_unique<FakeSource>(cache));
    imports.emplace(near, std::move(sources), progress, options);
    imports->serve();
  }
  using DigestOf = builder::CacheImports::DigestOf;
  auto find(const Digest& wanted, DigestOf digest = DigestOf::layer) {
    return imports->find(wanted, digest);
  }
  bool is_near() { return near.layers().find(layer.diff_id).has_value(); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a source is read as far as it is asked",
                 "[imports]") {
  open();
  CHECK(cache.asked.empty());
  REQUIRE(find(key));
  CHECK_FALSE(find(Digest::of("another")));
  CHECK(cache.asked == std::vector<std::string>{"index"});

  // Who asks for names gets them without a file.
  const Digest layers[] = {layer.diff_id};
  const store::MergedTree tree = near.layers().merged(layers);
  CHECK(tree.find("etc/greeting") != nullptr);
  CHECK(near.layers().merged(layers).find("etc") != nullptr);
  CHECK(cache.asked == std::vector<std::string>{"index", "layer index"});
  CHECK_FALSE(is_near());

  CHECK(tree.read_file("etc/greeting") == "hello");
  CHECK(cache.asked ==
        std::vector<std::string>{"index", "layer index", "layer"});
  CHECK(is_near());
  CHECK(store::check_store(near).empty());
}

TEST_CASE_METHOD(Fixture, "a record comes into the store with its layer",
                 "[imports]") {
  open();
  store::CacheRecord record;
  record.key = key;
  record.operation = record.parent = Digest::of("x");
  record.diff_id = layer.diff_id;
  record.stable_digest = layer.stable_digest;
  record.parts = "{}";
  REQUIRE(find(key));
  imports->keep(record);
  CHECK_FALSE(near.cache().find(key));
  CHECK(imports->waiting(layer.diff_id).size() == 1);
  imports->fetch(layer.diff_id);
  CHECK(near.cache().find(key));
  CHECK(imports->waiting(layer.diff_id).empty());
}

TEST_CASE("a record of a clock that is ahead was made now", "[imports]") {
  const auto now = std::chrono::system_clock::now();
  const auto second = [](auto time) {
    return std::chrono::floor<std::chrono::seconds>(time);
  };
  store::CachedStep step;
  step.recorded = second(now + std::chrono::hours(1000));
  CHECK(builder::record_of(step).recorded <=
        second(std::chrono::system_clock::now()));
  CHECK(builder::record_of(step).recorded >= second(now));
  step.recorded = second(now - std::chrono::hours(1));
  CHECK(builder::record_of(step).recorded == step.recorded);
}

TEST_CASE_METHOD(Fixture, "a source that fails costs one warning",
                 "[imports]") {
  cache.is_broken = true;
  open();
  CHECK_FALSE(find(key));
  CHECK_FALSE(find(Digest::of("another")));
  CHECK(cache.asked.size() == 1);
  CHECK(progress.events ==
        std::vector<std::string>{"warning the cache elsewhere is not used: "
                                 "nobody answers"});
}

TEST_CASE_METHOD(Fixture, "a layer that is not what it should be is not kept",
                 "[imports]") {
  SECTION("its blob has another digest") {
    cache.blobs.at(cached().blob.digest).back() ^= 1;
  }
  SECTION("its blob is cut") {
    cache.blobs.at(cached().blob.digest).pop_back();
  }
  SECTION("its blob goes on") { cache.blobs.at(cached().blob.digest) += "x"; }
  SECTION("its tar is another") {
    cached().blob = put("layer", store::compress_zstd("another"));
  }
  SECTION("it unpacks to more than it may") { cached().tar_bytes -= 512; }
  open();
  REQUIRE(find(key));
  CHECK_THROWS_AS(imports->fetch(layer.diff_id), CacheLost);
  CHECK_FALSE(is_near());
  CHECK(imports->dropped() == 1);
  CHECK_FALSE(find(key));
  CHECK(progress.events.size() == 1);
  CHECK(imports->damaged().contains(cached().blob.digest));
  CHECK(store::check_store(near).empty());
}

TEST_CASE_METHOD(Fixture, "an index that is not its layer's is not believed",
                 "[imports]") {
  SECTION("of other files") {
    const std::string other = store::LayerIndex({tests::file("f")}).render();
    cached().index = put("layer index", store::compress_zstd(other));
    cached().index_bytes = other.size();
  }
  SECTION("that unpacks to more than it may") {
    cached().index =
        put("layer index", store::compress_zstd(std::string(1U << 20U, 'x')));
  }
  SECTION("that is no index") { cached().index = put("layer index", "noise"); }
  open();
  REQUIRE(find(key));
  CHECK_THROWS_AS(imports->find_index(layer.diff_id), CacheLost);
  CHECK(imports->dropped() == 1);
}

TEST_CASE_METHOD(Fixture, "indexes have a room that no cache goes beyond",
                 "[imports]") {
  const std::uint64_t needed =
      far.layers().index(layer.diff_id)->memory_bytes();
  SECTION("as one") {
    options.most_index_memory = needed - 1;
    open();
    REQUIRE(find(key));
  }
  SECTION("as all together") {
    options.most_index_memory = 2 * needed - 1;
    store::CachedLayer second = cached();
    second.diff_id = Digest::of("second");
    cache.index.layers[second.diff_id] = second;
    open();
    REQUIRE(find(key));
    REQUIRE(imports->find_index(second.diff_id));
  }
  CHECK_THROWS_AS(imports->find_index(layer.diff_id), CacheLost);
  CHECK(imports->dropped() == 1);
}

TEST_CASE_METHOD(Fixture, "a record that is not of its layer drops its source",
                 "[imports]") {
  SECTION("by what the cache says of the layer") {
    cache.index.records.at(key).stable_digest = Digest::of("a lie");
  }
  SECTION("by the layer, where it is here") {
    open();
    REQUIRE(find(key));
    imports->fetch(layer.diff_id);
    cache.index.records.at(key).stable_digest = Digest::of("a lie");
    cached().stable_digest = Digest::of("a lie");
    imports.reset();
  }
  open();
  // What a RUN has set of times is in it, too.
  CHECK(find(key, DigestOf::layer_or_times));
  CHECK_THROWS_AS(find(key), CacheLost);
  CHECK(imports->dropped() == 1);
  CHECK_FALSE(find(key));
}

TEST_CASE_METHOD(Fixture, "files that are not what the cache says are found",
                 "[imports][root]") {
  cached().stable_digest = Digest::of("a lie");
  cache.index.records.at(key).stable_digest = cached().stable_digest;
  open();
  REQUIRE(find(key));
  CHECK_THROWS_AS(imports->fetch(layer.diff_id), CacheLost);
}

TEST_CASE_METHOD(Fixture, "a base's layer is known without its bytes",
                 "[imports]") {
  store::CachedLayer base = cached();
  base.blob = {};
  cache.index.bases[layer.diff_id] = {base, {}};
  cache.index.layers.clear();
  cache.index.records.clear();
  open();
  CHECK(imports->find_stable(layer.diff_id) == layer.stable_digest);
  CHECK_FALSE(imports->find_stable(Digest::of("another")));
  CHECK_FALSE(imports->locate(layer.diff_id));
  REQUIRE(imports->find_index(layer.diff_id));
  CHECK(imports->find_index(layer.diff_id)->stable_digest() ==
        layer.stable_digest);
  imports->fetch(layer.diff_id);  // not ours
  CHECK_FALSE(is_near());
  CHECK(cache.asked == std::vector<std::string>{"index", "layer index"});
}

TEST_CASE_METHOD(Fixture, "a base that is not what a cache said drops it",
                 "[imports]") {
  cache.index.bases[layer.diff_id] = {cached(), {}};
  cache.index.bases[layer.diff_id].layer.blob = {};
  open();
  REQUIRE(imports->find_stable(layer.diff_id));
  imports->fetch(layer.diff_id);  // as from its registry
  imports->confirm(layer.diff_id);
  CHECK(imports->dropped() == 0);

  cache.index.layers.clear();
  cache.index.bases[layer.diff_id].layer.stable_digest = Digest::of("a lie");
  open();
  CHECK(imports->find_stable(layer.diff_id) == Digest::of("a lie"));
  CHECK_THROWS_AS(imports->confirm(layer.diff_id), CacheLost);
  CHECK(imports->dropped() == 1);
  CHECK_FALSE(imports->find_stable(layer.diff_id));
  imports->confirm(layer.diff_id);
}

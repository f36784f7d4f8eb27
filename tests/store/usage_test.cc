#include "store/usage.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/temp_dir.h"
#include "resolved_image.h"
#include "store/cache_mounts.h"
#include "store/store.h"

namespace {

using base::Digest;
using store::StoreUsage;

struct Fixture {
  base::TempDir root;
  store::Store store{root.path()};
  store::Lease lease = store.lease();

  Digest know_layer(const std::string& name, int file_bytes) {
    const auto lock = store.database().lock();
    store.database()
        .prepare(
            "INSERT INTO layers (diff_id, state, source, file_bytes, created, "
            "last_used) VALUES (?, 2, 0, ?, 0, 0)")
        .bind(0, Digest::of(name))
        .bind(1, std::int64_t{file_bytes})
        .run();
    return Digest::of(name);
  }
  Digest put_image(const std::vector<Digest>& layers,
                   const std::vector<std::string>& tags) {
    store::ImageConfig config;
    config.diff_ids = layers;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      config.history.push_back({});
    }
    config.author = std::to_string(layers.size()) + (tags.empty() ? "" : "t");
    return store.images().put(lease, config, tags).id;
  }
  void put_record(const std::string& key, const Digest& layer) {
    store::CacheRecord record;
    record.key = Digest::of(key);
    record.diff_id = layer;
    record.parts = "{}";
    store.cache().put(record);
  }
  StoreUsage measure() { return measure_usage(store); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an empty store holds nothing but its database",
                 "[usage]") {
  const StoreUsage usage = measure();
  CHECK(usage.images.count == 0);
  CHECK(usage.layers == 0);
  CHECK(usage.blobs.count == 0);
  CHECK(usage.logs.size_bytes == 0);
  CHECK(usage.database_bytes > 0);
  CHECK(usage.total_bytes() == usage.database_bytes + usage.reserve_bytes);
}

TEST_CASE_METHOD(Fixture, "a layer of two images is shared and counts once",
                 "[usage]") {
  const Digest base = know_layer("base", 1000);
  const Digest one = know_layer("one", 20);
  const Digest two = know_layer("two", 3);
  const Digest first = put_image({base, one}, {"docker.io/library/a:latest"});
  const Digest second =
      put_image({base, two, one}, {"docker.io/library/b:latest"});
  const StoreUsage usage = measure();
  CHECK(usage.images.count == 2);
  CHECK(usage.images.size_bytes == 1023);
  CHECK(usage.images.reclaimable_bytes == 0);
  CHECK(usage.shared_layers.count == 2);
  CHECK(usage.shared_layers.size_bytes == 1020);
  CHECK(usage.unique_layers.size_bytes == 3);
  REQUIRE(usage.by_image.size() == 2);
  for (const store::ImageUsage& image : usage.by_image) {
    CHECK(image.shared_bytes == 1020);
    CHECK(image.unique_bytes == (image.id == second ? 3U : 0U));
  }
  CHECK(first != second);
}

TEST_CASE_METHOD(Fixture, "what only images without a name have can go",
                 "[usage]") {
  const Digest base = know_layer("base", 1000);
  const Digest old = know_layer("old", 50);
  put_image({base}, {"docker.io/library/a:latest"});
  put_image({base, old}, {});
  const StoreUsage usage = measure();
  CHECK(usage.images.reclaimable_bytes == 50);
  CHECK(usage.unique_layers.reclaimable_bytes == 50);
  CHECK(usage.shared_layers.reclaimable_bytes == 0);
}

TEST_CASE_METHOD(Fixture, "a layer that only the cache leads to is the cache's",
                 "[usage]") {
  const Digest base = know_layer("base", 1000);
  put_image({base}, {"docker.io/library/a:latest"});
  put_record("of the image", base);
  put_record("of nobody", know_layer("step", 70));
  put_record("lost", Digest::of("not in the store"));
  know_layer("unused", 5);
  const StoreUsage usage = measure();
  CHECK(usage.layers == 3);
  CHECK(usage.cache.count == 3);
  CHECK(usage.cache.size_bytes == 70);
  CHECK(usage.cache.reclaimable_bytes == 70);
  CHECK(usage.unused_layers.count == 1);
  CHECK(usage.unused_layers.reclaimable_bytes == 5);
}

TEST_CASE_METHOD(Fixture, "a blob that no record and no build needs can go",
                 "[usage]") {
  put_image({}, {"docker.io/library/a:latest"});
  store.blobs().put(lease, std::string(10'000, 'x'));
  StoreUsage usage = measure();
  CHECK(usage.blobs.count == 2);
  CHECK(usage.blobs.reclaimable_bytes == 0);  // the lease may yet record it

  // Its name under the lease is gone, as after its process.
  std::filesystem::remove_all(lease.directory());
  usage = measure();
  CHECK(usage.blobs.reclaimable_bytes >= 10'000);
  CHECK(usage.blobs.reclaimable_bytes < usage.blobs.size_bytes);
}

TEST_CASE_METHOD(Fixture, "what registries said counts apart from other blobs",
                 "[usage]") {
  const auto said = tests::documents_of("a");
  const auto now = std::chrono::sys_seconds();
  store.resolved_images().remember(lease, "x/y:1", "linux/arm", said, now);
  StoreUsage usage = measure();
  CHECK(usage.resolved_images.count == 1);
  CHECK(usage.resolved_images.size_bytes > 0);
  CHECK(usage.resolved_images.reclaimable_bytes ==
        usage.resolved_images.size_bytes);
  CHECK(usage.blobs.count == 0);
  CHECK(usage.total_bytes() == usage.resolved_images.size_bytes +
                                   usage.database_bytes + usage.reserve_bytes);

  // What an image has, too, does not go with the name.
  const std::uint64_t before = usage.resolved_images.size_bytes;
  for (const Digest& diff_id : said.config.diff_ids) {
    store.database()
        .prepare(
            "INSERT INTO layers (diff_id, state, source, created, last_used) "
            "VALUES (?, 0, 0, 0, 0)")
        .bind(0, diff_id)
        .run();
  }
  store.images().put_foreign(lease, {{said.config_bytes, "", {"x/z:1"}}});
  usage = measure();
  CHECK(usage.blobs.count == 1);
  CHECK(usage.blobs.size_bytes + usage.resolved_images.size_bytes == before);
}

TEST_CASE_METHOD(Fixture, "cache mounts and logs are counted whole",
                 "[usage][root]") {
  const auto mount = store::CacheMounts(store)
                         .take("npm", store::LockMode::shared,
                               [](const std::filesystem::path&) {})
                         ->directory;
  std::filesystem::create_directories(mount / "a" / "b");
  std::ofstream(mount / "a" / "b" / "file") << std::string(100'000, 'x');
  std::filesystem::create_directories(root.path() / "logs" / "build");
  std::ofstream(root.path() / "logs" / "build" / "2.log") << "line\n";
  const StoreUsage usage = measure();
  CHECK(usage.cache_mounts.count == 1);
  CHECK(usage.cache_mounts.size_bytes >= 100'000);
  CHECK(usage.cache_mounts.reclaimable_bytes == usage.cache_mounts.size_bytes);
  CHECK(usage.logs.count == 1);
  CHECK(usage.logs.size_bytes > 0);
}

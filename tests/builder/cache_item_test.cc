// What registries said, as part of the build cache: listed, counted, removed.
#include "builder/cache_item.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/temp_dir.h"
#include "builder/prune_cache.h"
#include "store/store.h"

namespace {

using builder::CacheItem;
using std::chrono::hours;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};

store::ImageDocuments documents_of(const std::string& author) {
  store::ImageConfig config;
  config.author = author;
  std::string bytes = store::render_image_config(config);
  store::Manifest manifest;
  manifest.config = {std::string(base::media_type::kOciConfig),
                     base::Digest::of(bytes),
                     bytes.size(),
                     {}};
  return store::read_image_documents(store::render_manifest(manifest),
                                     std::move(bytes));
}

struct Fixture {
  base::TempDir root;
  store::Store store{root.path()};
  store::Lease lease = store.lease();

  void remember(const std::string& name, const std::string& author, hours age) {
    store.resolved_images().remember(lease, name, "linux/amd64",
                                     documents_of(author), kNow - age);
  }
  std::vector<CacheItem> prune(const builder::PruneOptions& options) {
    // Its name under the lease is gone, as after its process.
    std::filesystem::remove_all(lease.directory());
    return builder::remove_items(
        store,
        builder::choose_items(builder::list_cache(store), options, 0, kNow));
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "what a registry said is listed with its documents",
                 "[cache]") {
  remember("docker.io/library/a:1", "one", hours(3));
  remember("docker.io/library/a:latest", "one", hours(1));
  const auto items = builder::list_cache(store);
  REQUIRE(items.size() == 2);
  CHECK(items[0].type == "internal");
  CHECK(items[0].description ==
        "what docker.io/library/a:1 is for linux/amd64");
  CHECK(items[0].created == kNow - hours(3));
  // Each document once.
  CHECK(items[0].size_bytes > 0);
  CHECK(items[1].size_bytes == 0);
}

TEST_CASE_METHOD(Fixture, "what a registry said a week ago is pruned",
                 "[cache]") {
  remember("docker.io/library/new:1", "new", hours(24));
  remember("docker.io/library/old:1", "old", hours(200));
  const auto removed = prune({});
  REQUIRE(removed.size() == 1);
  CHECK(removed[0].resolved.reference == "docker.io/library/old:1");
  REQUIRE(store.resolved_images().list().size() == 1);
  CHECK(store.blobs().list().size() == 2);
  CHECK(prune({.takes_all = true}).size() == 1);
  CHECK(store.resolved_images().list().empty());
  CHECK(store.blobs().list().empty());
}

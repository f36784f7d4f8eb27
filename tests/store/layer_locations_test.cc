#include "store/layer_locations.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/temp_dir.h"
#include "resolved_image.h"
#include "store/cache_layers.h"
#include "store/store.h"

namespace {

using base::Digest;
using std::chrono::hours;
using store::LayerLocation;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};
const Digest kLayer = Digest::of("layer");
const Digest kBlob = Digest::of("blob");

struct Fixture {
  base::TempDir root;
  store::Store store{root.path()};
  store::Lease lease = store.lease();  // the first one collects
  store::LayerLocations& locations = store.layer_locations();

  static LayerLocation at(const std::string& repository,
                          const Digest& blob = kBlob,
                          std::chrono::sys_seconds when = kNow) {
    return {
        .diff_id = kLayer,
        .blob = {std::string(base::media_type::kOciLayerTarGzip), blob, 77, {}},
        .form = {},
        .repository = repository,
        .last_used = when};
  }
  std::vector<std::string> repositories() const {
    std::vector<std::string> names;
    for (const LayerLocation& location : locations.find(kLayer)) {
      names.push_back(location.repository);
    }
    return names;
  }
  using Names = std::vector<std::string>;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "where a layer's blob was seen is found again",
                 "[locations]") {
  LayerLocation made = at("ghcr.io:443/a/b");
  made.form = {"isa-l", "2.30", 1};
  locations.remember(made);
  const auto found = locations.find(kLayer);
  REQUIRE(found.size() == 1);
  CHECK(found[0].diff_id == kLayer);
  CHECK(found[0].blob == made.blob);
  CHECK(found[0].form == made.form);
  CHECK(found[0].repository == made.repository);
  CHECK(found[0].last_used == kNow);
  CHECK(locations.find(kBlob).empty());
}

TEST_CASE_METHOD(Fixture, "the repository used last is the first to be asked",
                 "[locations]") {
  locations.remember(at("a/old"));
  locations.remember(at("a/new", kBlob, kNow + hours(2)));
  CHECK(repositories() == Names{"a/new", "a/old"});
  locations.remember(at("a/old", kBlob, kNow + hours(4)));
  CHECK(repositories() == Names{"a/old", "a/new"});
}

TEST_CASE_METHOD(Fixture, "how we made a blob is not forgotten when it is met",
                 "[locations]") {
  LayerLocation made = at("a/b");
  made.form = {"isa-l", "2.30", 1};
  const auto form = [&] { return locations.find(kLayer).at(0).form; };
  locations.remember(at("a/b"));
  CHECK(form().is_foreign());
  locations.remember(made);
  CHECK(form() == made.form);
  locations.remember(at("a/b", kBlob, kNow + hours(9)));
  CHECK(form() == made.form);
  CHECK(locations.find(kLayer).at(0).last_used == kNow + hours(9));
}

TEST_CASE_METHOD(Fixture, "a use of a location is noted once an hour",
                 "[locations]") {
  locations.remember(at("a/b"));
  locations.remember(
      at("a/b", kBlob, kNow + hours(1) - std::chrono::seconds(1)));
  CHECK(locations.find(kLayer).at(0).last_used == kNow);
  locations.remember(at("a/b", kBlob, kNow + hours(1)));
  CHECK(locations.find(kLayer).at(0).last_used == kNow + hours(1));
}

TEST_CASE_METHOD(Fixture, "a location that proved wrong is forgotten alone",
                 "[locations]") {
  locations.remember(at("a/b"));
  locations.remember(at("a/c"));
  locations.remember(at("a/b", Digest::of("zstd")));
  locations.forget("a/b", kBlob);
  const auto found = locations.find(kLayer);
  REQUIRE(found.size() == 2);
  for (const LayerLocation& location : found) {
    CHECK((location.repository == "a/c") == (location.blob.digest == kBlob));
  }
}

TEST_CASE_METHOD(Fixture, "a location goes with the last word of its layer",
                 "[locations]") {
  locations.remember(at("a/b"));
  SECTION("which nobody ever said") {}
  SECTION("which a layer says") {
    store.database().execute(
        "INSERT INTO layers (diff_id, state, source, created, last_used) "
        "SELECT diff_id, 0, 0, 0, 0 FROM layer_locations");
    store.collect();
    CHECK(repositories() == Names{"a/b"});
    store::forget(store, {&kLayer, 1}, {});
  }
  SECTION("which a cache record says") {
    store::CacheRecord record;
    record.key = Digest::of("key");
    record.diff_id = kLayer;
    record.parts = "{}";
    store.cache().put(record);
    store.collect();
    CHECK(repositories() == Names{"a/b"});
    store.database().execute("DELETE FROM cache_records");
  }
  SECTION("which a registry said") {
    const auto documents = tests::documents_of("a");
    store.database()
        .prepare("UPDATE layer_locations SET diff_id = ?")
        .bind(0, documents.config.diff_ids.front())
        .run();
    const auto count = [&] {
      return locations.find(documents.config.diff_ids.front()).size();
    };
    store.resolved_images().remember(lease, "x/y:1", "linux/arm", documents,
                                     kNow);
    store.collect();
    CHECK(count() == 1);
    store.resolved_images().forget("x/y:1");
    store.collect();
    CHECK(count() == 0);
  }
  store.collect();
  CHECK(repositories().empty());
}

TEST_CASE_METHOD(Fixture, "a damaged location is none", "[locations]") {
  locations.remember(at("a/b"));
  store.database().execute("UPDATE layer_locations SET blob_digest = x'01'");
  CHECK(locations.find(kLayer).empty());
}

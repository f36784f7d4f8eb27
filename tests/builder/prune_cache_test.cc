// What pruning takes, and in which order; what it does to a store is shown end
// to end.
#include "builder/prune_cache.h"

#include <catch2/catch.hpp>
#include <initializer_list>

using builder::CacheItem;
using builder::PruneOptions;
using std::chrono::hours;
using std::chrono::sys_seconds;

namespace {

const sys_seconds kNow{hours(1'000'000)};

CacheItem item(std::string id, std::uint64_t bytes, hours age) {
  CacheItem made;
  made.id = std::move(id);
  made.type = "regular";
  made.size_bytes = bytes;
  made.last_used = kNow - age;
  return made;
}

std::string ids(const std::vector<CacheItem>& items) {
  std::string all;
  for (const CacheItem& one : items) all += one.id;
  return all;
}

// a: oldest; u: in use; s: of an image; i, o: internal, young and old.
std::vector<CacheItem> items() {
  std::vector<CacheItem> all = {
      item("c", 30, hours(1)),  item("a", 10, hours(9)),
      item("b", 20, hours(5)),  item("u", 40, hours(9)),
      item("s", 50, hours(9)),  item("i", 60, hours(2)),
      item("o", 70, hours(400))};
  all[3].is_in_use = true;
  all[4].images.push_back(base::Digest::of("image"));
  all[5].type = all[6].type = "internal";
  return all;
}

std::string chosen(const PruneOptions& options, std::uint64_t free_bytes = 0) {
  return ids(builder::choose_items(items(), options, free_bytes, kNow));
}

}  // namespace

TEST_CASE("pruning takes what nobody needs, oldest first", "[prune]") {
  CHECK(chosen({}) == "oabc");
}

TEST_CASE("pruning all takes all but what is in use", "[prune]") {
  CHECK(chosen({.takes_all = true}) == "oasbic");
}

TEST_CASE("pruning by age takes internal items of that age", "[prune]") {
  PruneOptions options;
  options.takes_recent_internal = true;
  CHECK(chosen(options) == "oabic");
}

TEST_CASE("pruning to a size stops as soon as it is reached", "[prune]") {
  // 230 bytes are no image's.
  CHECK(chosen({.max_used_bytes = 230}).empty());
  CHECK(chosen({.max_used_bytes = 229}) == "o");
  CHECK(chosen({.max_used_bytes = 155}) == "oa");
  CHECK(chosen({.max_used_bytes = 0}) == "oabc");
  CHECK(chosen({.takes_all = true, .max_used_bytes = 0}) == "oabic");
}

TEST_CASE("pruning for free space leaves what is reserved", "[prune]") {
  CHECK(chosen({.min_free_bytes = 100}, 100).empty());
  CHECK(chosen({.min_free_bytes = 100}, 30) == "o");
  CHECK(chosen({.min_free_bytes = 100}, 29) == "oa");
  CHECK(chosen({.reserved_bytes = 150, .min_free_bytes = 1000}) == "oa");
  CHECK(chosen({.reserved_bytes = 150}) == "oa");
}

TEST_CASE("steps are described in a Dockerfile's words", "[prune]") {
  CHECK(
      builder::describe_parts(
          R"({"operation":{"op":"exec","args":["/bin/sh","-c","make é"]}})") ==
      "RUN make \xe9");
  CHECK(builder::describe_parts(
            R"({"operation":{"op":"exec","args":["make","all"]}})") ==
        "RUN make all");
  CHECK(
      builder::describe_parts(
          R"({"operation":{"op":"copy","sources":[{"from":"context","path":"/a"},)"
          R"({"from":"vertex","path":"/b"}],)"
          R"("destination":"/d"}})") == "COPY a /b /d");
  CHECK(builder::describe_parts("{}") == "step");
  CHECK(builder::describe_parts("no JSON") == "step");
}

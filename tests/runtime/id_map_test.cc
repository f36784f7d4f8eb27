#include "runtime/id_map.h"

#include <catch2/catch.hpp>

#include "runtime/granted_ids.h"

namespace {

using runtime::IdMap;
using runtime::IdRange;
using runtime::IdRanges;

TEST_CASE("granted ids follow the user's own without a gap", "[runtime]") {
  const char* const text =
      "ann:100000:65536\n"
      "bob:200000:1000\n"
      "1000:300000:10\n"
      "ann:400000:5\n";
  CHECK(runtime::grant_ids(text, "ann", 1000, 1000) ==
        IdRanges{{0, 1000, 1},
                 {1, 100000, 65536},
                 {65537, 300000, 10},
                 {65547, 400000, 5}});
}

TEST_CASE("a line that makes no sense grants nothing", "[runtime]") {
  for (const char* const text :
       {"", "ann", "ann:", "ann:1", "ann:x:5", "ann:5:x", "ann:5:0", ":1:2",
        "ann:-1:5", "an:1:5\nanna:1:5", "ann:1:5:7"}) {
    INFO(text);
    CHECK(runtime::grant_ids(text, "ann", 1000, 1000) ==
          IdRanges{{0, 1000, 1}});
  }
}

TEST_CASE("ids that are granted twice are taken once", "[runtime]") {
  const char* const text =
      "ann:100000:65536\n"
      "1000:100000:65536\n"
      "ann:165535:2\n"
      "ann:999:5\n"
      "ann:165536:5\n";
  CHECK(runtime::grant_ids(text, "ann", 1000, 1000) ==
        IdRanges{{0, 1000, 1}, {1, 100000, 65536}, {65537, 165536, 5}});
}

TEST_CASE("no more ranges are taken than a map may have", "[runtime]") {
  std::string text;
  for (int first = 10000; first < 10500; ++first) {
    text += "ann:" + std::to_string(first) + ":1\n";
  }
  CHECK(runtime::grant_ids(text, "ann", 1000, 1000).size() == 340);
}

TEST_CASE("a map has one text whatever the order of its ranges", "[runtime]") {
  const IdRanges one = runtime::parse_id_ranges(
      "         0       1000          1\n         1     100000      65536\n");
  const IdRanges other = runtime::parse_id_ranges("1 100000 65536\n0 1000 1\n");
  CHECK(runtime::render_id_map({one, other}) ==
        "0:1000:1,1:100000:65536 0:1000:1,1:100000:65536");
}

TEST_CASE("an id is in a map from its first to its last", "[runtime]") {
  const IdRanges ranges = {{0, 1000, 1}, {5, 100000, 2}};
  CHECK(runtime::contains(ranges, 0));
  CHECK_FALSE(runtime::contains(ranges, 1));
  CHECK_FALSE(runtime::contains(ranges, 4));
  CHECK(runtime::contains(ranges, 6));
  CHECK_FALSE(runtime::contains(ranges, 7));
}

TEST_CASE("only a map of all ids onto themselves is the machine's",
          "[runtime]") {
  const IdRanges all = {{0, 0, 4294967295}};
  CHECK(IdMap{all, all}.is_identity());
  CHECK_FALSE(IdMap{all, {{0, 0, 65536}}}.is_identity());
  CHECK_FALSE(IdMap{{{0, 1000, 1}}, {{0, 1000, 1}}}.is_identity());
  CHECK_FALSE(IdMap{}.is_identity());
  CHECK(IdMap{{{0, 1000, 1}, {1, 100000, 9}}, {{0, 1000, 1}}}.count() == 1);
}

}  // namespace

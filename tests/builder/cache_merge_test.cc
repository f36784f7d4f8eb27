// What stays in a cache's key index, and what goes.
#include "builder/cache_merge.h"

#include <catch2/catch.hpp>
#include <string>

using base::Digest;
using std::chrono::days;

namespace {

const std::chrono::sys_days kToday{days(20000)};

void add(store::CacheIndex& index, const std::string& name,
         std::chrono::sys_days used) {
  store::CachedStep step;
  step.key = Digest::of(name);
  step.diff_id = Digest::of("layer of " + name);
  step.used = used;
  index.records[step.key] = step;
  index.layers[step.diff_id].diff_id = step.diff_id;
}

}  // namespace

TEST_CASE("an index is merged without losing its own", "[merge]") {
  store::CacheIndex ours, theirs;
  add(ours, "a", kToday);
  add(theirs, "a", kToday - days(3));
  add(theirs, "b", kToday);
  CHECK_FALSE(builder::is_within(theirs, ours));
  builder::merge_index(ours, theirs);
  CHECK(builder::is_within(theirs, ours));
  CHECK(ours.records.at(Digest::of("a")).used == kToday);
}

TEST_CASE("what nobody used for a month goes, bases too", "[merge]") {
  store::CacheIndex index;
  add(index, "old", kToday - days(31));
  add(index, "new", kToday - days(30));
  add(index, "ahead", kToday + days(500));
  index.bases[Digest::of("old base")].used = kToday - days(31);
  index.bases[Digest::of("new base")].used = kToday;
  builder::forget_unused(index, kToday);
  builder::drop_unnamed_layers(index);
  CHECK(index.records.size() == 2);
  CHECK(index.layers.size() == 2);
  CHECK(index.bases.size() == 1);
  CHECK(index.records.at(Digest::of("ahead")).used == kToday);
}

TEST_CASE("an index that is too large loses what is oldest", "[merge]") {
  store::CacheIndex index;
  for (int i = 0; i < 9000; ++i) {
    add(index, std::to_string(i), kToday - days(i % 10));
  }
  index.bases[Digest::of("old base")].used = kToday - days(1);
  index.bases[Digest::of("new base")].used = kToday;
  CHECK(builder::trim_index(index) > 0);
  CHECK(index.layers.size() == index.records.size());
  CHECK(index.bases.size() == 1);
  CHECK(index.records.contains(Digest::of("0")));
  CHECK_FALSE(index.records.contains(Digest::of("9")));
}

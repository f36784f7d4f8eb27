// Caches as they are written: what goes in, and what is left out.
#include "builder/cache_export.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "base/temp_dir.h"
#include "builder/layout_target.h"
#include "fakes.h"
#include "store/manifest.h"

using base::Digest;
using Catch::Contains;

namespace {

struct Fixture {
  base::TempDir root;
  store::Store store{root.path() / "store"};
  builder::CacheTo to{.directory = root.path() / "cache"};
  store::Layer layer = make("hello");

  store::Layer make(const std::string& greeting) {
    const store::Lease lease = store.lease();
    const auto directory = lease.make_directory("made");
    tests::write_file(directory / "greeting", greeting);
    return store.layers().publish(lease, store.layers().seal(lease, directory));
  }
  // Recorded so many seconds after the epoch.
  store::CachedStep step(int number) const {
    store::CachedStep made;
    made.key = Digest::of(std::to_string(number));
    made.operation = made.parent = Digest::of("x");
    made.diff_id = layer.diff_id;
    made.stable_digest = layer.stable_digest;
    made.recorded = std::chrono::sys_seconds(std::chrono::seconds(number));
    return made;
  }
  builder::CacheExportCost write(const std::vector<store::CachedStep>& steps) {
    builder::LayoutTarget target(to.directory, to.tag, {});
    return builder::export_cache(store, target, to, steps, {});
  }
  store::CacheIndex read() {
    return builder::LayoutTarget(to.directory, to.tag, {}).read_index();
  }
};

// Takes no layer before another one is under way.
class MeetingTarget : public builder::LayoutTarget {
 public:
  using LayoutTarget::LayoutTarget;
  base::Descriptor add_made(std::string_view media_type,
                            const Write& write) override {
    {
      std::unique_lock lock(mutex_);
      ++begun_;
      changed_.notify_all();
      const bool is_met = changed_.wait_for(lock, std::chrono::seconds(10),
                                            [this] { return begun_ == 2; });
      if (!is_met) have_waited_in_vain = true;
    }
    return LayoutTarget::add_made(media_type, write);
  }
  bool have_waited_in_vain = false;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "several layers go into a cache at once",
                 "[export][root]") {
  store::CachedStep other = step(2);
  const store::Layer second = make("good evening");
  other.diff_id = second.diff_id;
  other.stable_digest = second.stable_digest;
  {
    MeetingTarget target(to.directory, to.tag, {});
    builder::export_cache(store, target, to, {step(1), other}, {});
    CHECK_FALSE(target.have_waited_in_vain);
  }
  CHECK(read().layers.size() == 2);
}

TEST_CASE_METHOD(Fixture, "a cache gets no larger than what can be read",
                 "[export][root]") {
  const int count = 900;
  std::vector<store::CachedStep> steps;
  for (int i = 0; i < count; ++i) {
    steps.push_back(step(i));
    steps.back().title = std::string(20000, 't');
  }
  const auto cost = write(steps);
  REQUIRE(cost.warnings.size() == 1);
  CHECK_THAT(cost.warnings.front(), Contains("of 900 records are left out"));
  const store::CacheIndex index = read();
  CHECK(index.records.size() > count / 2);
  CHECK_FALSE(index.records.contains(step(0).key));
  CHECK(index.records.contains(step(count - 1).key));
  CHECK(index.layers.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a record whose layer is gone is left out",
                 "[export][root]") {
  store::CachedStep lost = step(1);
  lost.diff_id = Digest::of("gone");
  const auto cost = write({lost, step(2)});
  CHECK(cost.warnings ==
        std::vector<std::string>{"1 of 2 records are left out: their layers "
                                 "are gone from the store"});
  CHECK(read().records.size() == 1);
}

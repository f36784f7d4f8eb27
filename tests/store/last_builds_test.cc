#include "store/last_builds.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/temp_dir.h"
#include "store/store.h"

namespace {

base::Digest project(int number) {
  return base::Digest::of(std::to_string(number));
}

}  // namespace

TEST_CASE("only so many projects are remembered, those that changed last",
          "[store]") {
  const base::TempDir root;
  store::Store store(root.path() / "store");
  store::LastBuilds& builds = store.last_builds();
  const int most = store::LastBuilds::kMostProjects;
  for (int i = 0; i < most; ++i) {
    builds.put({project(i), base::Digest::of("old"), "[]"});
  }
  builds.put({project(0), base::Digest::of("new"), "[{}]"});
  CHECK(builds.find(project(1)));  // it took the place of its own
  builds.put({project(most), base::Digest::of("new"), "[]"});
  CHECK_FALSE(builds.find(project(1)));
  CHECK(builds.find(project(2)));
  CHECK(builds.find(project(0))->steps == "[{}]");
  builds.clear();
  CHECK_FALSE(builds.find_fingerprint(project(0)));
}

#include "cli/critical_path.h"

#include <catch2/catch.hpp>

using cli::DependentWork;
using cli::find_critical_path;
using namespace std::chrono_literals;
using Path = std::vector<std::size_t>;

TEST_CASE("the critical path is the longest chain, not the most steps",
          "[critical_path]") {
  const std::vector<DependentWork> works{{1s, {}},  {5s, {0}}, {1s, {0}},
                                         {1s, {2}}, {1s, {3}}, {1s, {1, 4}},
                                         {2s, {}}};
  CHECK(find_critical_path(works) == Path{0, 1, 5});
}

TEST_CASE("what took no time lengthens no critical path", "[critical_path]") {
  CHECK(find_critical_path({}).empty());
  const std::vector<DependentWork> idle{{0s, {}}, {0s, {0}}};
  CHECK(find_critical_path(idle).empty());
  const std::vector<DependentWork> works{{0s, {}}, {3s, {0}}, {0s, {1}}};
  CHECK(find_critical_path(works) == Path{1});
}

#include "builder/duration_text.h"

#include <catch2/catch.hpp>

using builder::render_duration;
using namespace std::chrono_literals;

TEST_CASE("durations read at every size", "[duration_text]") {
  CHECK(render_duration(0s) == "0ms");
  CHECK(render_duration(99ms) == "99ms");
  CHECK(render_duration(99600us) == "0.1s");
  CHECK(render_duration(59940ms) == "59.9s");
  CHECK(render_duration(59960ms) == "1m00s");
  CHECK(render_duration(125s) == "2m05s");
  CHECK(render_duration(62min) == "1h02m");
}

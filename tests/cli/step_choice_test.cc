#include "cli/step_choice.h"

#include <catch2/catch.hpp>

using cli::StepChoice;

namespace {

std::vector<builder::ExplainedStep> steps() {
  std::vector<builder::ExplainedStep> steps(3);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].number = i + 1;
    steps[i].stage = i == 0 ? "base.1" : "build";
    steps[i].step = i == 0 ? 1 : i;
    steps[i].first_line = static_cast<std::uint32_t>(10 * (i + 1));
    steps[i].last_line = steps[i].first_line + 2;
  }
  return steps;
}

std::size_t chosen(std::string_view text) {
  const auto choice = StepChoice::find_in(text);
  REQUIRE(choice);
  const auto all = steps();
  return choice->choose(all).number;
}

}  // namespace

TEST_CASE("a step is named by number, place in its stage, or line",
          "[step_choice]") {
  CHECK(chosen("2") == 2);
  CHECK(chosen("#2") == 2);
  CHECK(chosen("build 2/2") == 3);
  CHECK(chosen("[build 2/2]") == 3);
  CHECK(chosen("BUILD:1") == 2);
  CHECK(chosen("base.1:1") == 1);
  CHECK(chosen("L20") == 2);
  CHECK(chosen("L22") == 2);
}

TEST_CASE("a step that is not there is named in the error", "[step_choice]") {
  const auto all = steps();
  CHECK_THROWS_WITH(StepChoice::find_in("4")->choose(all),
                    "this build has no step \"4\"");
  CHECK_THROWS_WITH(StepChoice::find_in("build:3")->choose(all),
                    "this build has no step \"build:3\"");
  CHECK_THROWS_WITH(StepChoice::find_in("L23")->choose(all),
                    "no step of this build is in line 23");
}

TEST_CASE("addresses and directories are no steps", "[step_choice]") {
  for (const char* text :
       {"", ".", "build", "git@host:12/x", "git@host:12", "host:3/src",
        "ssh://host:22", "build 3/", "build:", ":3", "L", "#", "[]",
        "1234567890123", "https://host:80/3", "build 2/2/2"}) {
    CAPTURE(text);
    CHECK_FALSE(StepChoice::find_in(text));
  }
}

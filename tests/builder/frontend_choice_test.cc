// Which frontends a file may ask for.
#include "builder/frontend_choice.h"

#include <catch2/catch.hpp>

#include "fakes.h"
#include "tests/has_kind.h"

using Catch::Contains;
using tests::plan_error;
using tests::plan_of;

namespace {

std::string with_syntax(const std::string& value) {
  return "# syntax=" + value + "\nFROM scratch\n";
}

builder::PlanOptions given(const std::string& value) {
  return {
      .target = "", .build_args = {{"BUILDKIT_SYNTAX", value}}, .labels = {}};
}

}  // namespace

TEST_CASE("the Dockerfile frontend is built in, from wherever it is named",
          "[plan][D31][D33]") {
  for (const char* const value :
       {"docker/dockerfile", "docker/dockerfile:1",
        "docker/dockerfile:1.7-labs", "docker.io/docker/dockerfile:1",
        "docker/dockerfile-upstream:master",
        "localhost:5000/mirror/docker/dockerfile:1@sha256:abc",
        "docker/dockerfile@sha256:abc", "docker/dockerfile:1 --some flags"}) {
    INFO(value);
    CHECK_NOTHROW(plan_of(with_syntax(value)));
  }
}

TEST_CASE("another frontend is refused where it is named, with a way out",
          "[plan][D32]") {
  for (const char* const value :
       {"foo/bar:1", "foo/bar:1 --docker/dockerfile", "docker/dockerfile2",
        "mydocker/dockerfile", "docker/dockerfile/x", "dockerfile"}) {
    INFO(value);
    const std::string error = plan_error(with_syntax(value));
    CHECK_THAT(error, Contains("Dockerfile:1:10: frontend"));
    CHECK_THAT(error, Contains("BUILDKIT_SYNTAX=dockerfile.v0"));
  }
  CHECK_THAT(plan_error(with_syntax("foo/bar:1 x")),
             Contains("\"foo/bar:1\" is not"));
}

TEST_CASE("BUILDKIT_SYNTAX stands above the directive", "[plan][D36]") {
  for (const char* const value : {"dockerfile.v0", "docker/dockerfile:1", ""}) {
    INFO(value);
    CHECK_NOTHROW(plan_of(with_syntax("foo/bar"), given(value)));
  }
  CHECK_THAT(plan_error(with_syntax("docker/dockerfile:1"), given("foo/bar")),
             Contains("BUILDKIT_SYNTAX: frontend \"foo/bar\""));
}

// Which stages use which, and the circles that are refused.
#include "builder/stage_graph.h"

#include <catch2/catch.hpp>

#include "fakes.h"
#include "tests/has_kind.h"

using Catch::Contains;
using tests::FakeImages;
using tests::plan_error;
using tests::plan_of;

namespace {

std::string excerpt_of(const std::string& dockerfile) {
  try {
    plan_of(dockerfile);
  } catch (const base::Error& error) {
    return error.message() + "\n" + error.excerpt();
  }
  FAIL("planning went well");
  return {};
}

}  // namespace

TEST_CASE("a circle of stages is refused with each of its lines",
          "[graph][D167]") {
  const std::string text = excerpt_of(
      "FROM base AS one\nCOPY --from=three /a /\n"
      "FROM base AS two\nCOPY --from=one /b /\n"
      "FROM base AS three\nRUN --mount=target=/m,from=two true\n");
  CHECK_THAT(text, Contains("Dockerfile:2:13: stage \"one\" needs stage "
                            "\"three\": stages depend on each other in a "
                            "circle"));
  CHECK_THAT(text, Contains("2 | COPY --from=three /a /"));
  CHECK_THAT(text, Contains("Dockerfile:6:5: stage \"three\" needs stage "
                            "\"two\""));
  CHECK_THAT(text, Contains("4 | COPY --from=one /b /"));
}

TEST_CASE("a circle is refused in stages that nothing needs",
          "[graph][D167][D172]") {
  CHECK_THAT(plan_error("FROM base AS x\nCOPY --from=1 a /\n"
                        "FROM base AS y\nCOPY --from=x a /\nFROM base\n"),
             Contains("in a circle"));
  CHECK_THAT(plan_error("FROM base AS x\nCOPY --from=x a /\nFROM base\n"),
             Contains("copies from itself"));
}

TEST_CASE("a stage below is no fault in a stage that nothing needs",
          "[graph][D171]") {
  CHECK_NOTHROW(
      plan_of("FROM base AS x\nCOPY --from=y a /\n"
              "FROM base AS y\nFROM base\n"));
}

TEST_CASE("triggers are part of a circle", "[graph][D167][D425]") {
  CHECK_THAT(excerpt_of("FROM base AS parent\nONBUILD COPY --from=late a /\n"
                        "FROM parent AS child\n"
                        "FROM base AS late\nCOPY --from=child b /\n"),
             Contains("3 | FROM parent AS child") &&
                 Contains("5 | COPY --from=child b /"));
  FakeImages images;
  store::ContainerConfig config;
  config.on_build = {"COPY --from=late a /"};
  images.add("base", config);
  images.add("plain");
  CHECK_THROWS_MATCHES(
      plan_of("FROM base AS child\nFROM plain AS late\n"
              "COPY --from=child b /\nFROM child\n",
              images),
      base::Error,
      tests::HasKind(base::ErrorKind::invalid_dockerfile,
                     "Dockerfile:1:1: stage \"child\" needs stage "
                     "\"late\""));
}

TEST_CASE("a number that no stage has is refused wherever it stands",
          "[graph][D165][D172]") {
  CHECK_THAT(plan_error("FROM base AS x\nCOPY --from=9 /a /\nFROM base\n"),
             Contains("Dockerfile:2:13: there is no stage 9"));
  CHECK_THAT(plan_error("FROM base\nCOPY --from=-1 /a /\n"),
             Contains("there is no stage -1\nstages are numbered from 0 to 0"));
}

TEST_CASE("what a mount's target looks like is no source", "[graph][D171]") {
  FakeImages images;
  images.add("base");
  const auto plan = plan_of(
      "FROM base AS tools\nRUN make\nFROM base\n"
      "RUN --mount=target=/x-from=tools true\n",
      images);
  CHECK(plan.vertices.size() == 2);
}

TEST_CASE("a file of very many stages is planned in time", "[graph][D171]") {
  std::string text = "FROM base AS s0\n";
  constexpr int kStages = 5'000;
  for (int i = 1; i < kStages; ++i) {
    const std::string before = std::to_string(i - 1);
    text += "FROM s" + before + " AS s" + std::to_string(i) +
            "\nCOPY --from=" + before + " x /\n";
  }
  CHECK(plan_of(text).vertices.size() == kStages);
}

// ONBUILD: what triggers see, when they run, what they bring into the graph.
#include <catch2/catch.hpp>

#include "fakes.h"
#include "tests/has_kind.h"

using builder::CopyOp;
using builder::ExecOp;
using builder::TreeSource;
using Catch::Contains;
using tests::FakeImages;
using tests::operation_of;
using tests::plan_error;
using tests::plan_of;

TEST_CASE("a base's triggers run first and are used up",
          "[plan][D185][D420][D423][D426][D427]") {
  FakeImages images;
  store::ContainerConfig config;
  config.on_build = {"ENV A=child", "RUN echo $A"};
  images.add("base", config);
  const auto plan = plan_of("FROM base\nENV B=$A\nONBUILD RUN later\n", images);
  CHECK(tests::history_of(plan) ==
        std::vector<std::string>{
            "ENV A=child", "RUN /bin/sh -c echo $A # buildkit", "ENV B=child"});
  CHECK(plan.config.config.on_build == std::vector<std::string>{"RUN later"});
  CHECK(plan.vertices[1].title == "ONBUILD RUN echo $A");
  CHECK(plan.vertices[1].range.start.line == 1);
}

TEST_CASE("a stage of the same file passes its triggers on, once",
          "[plan][D423][D424]") {
  const auto plan =
      plan_of("FROM base AS a\nONBUILD ENV X=1\nFROM a AS b\nFROM b AS c\n");
  CHECK(tests::history_of(plan) == std::vector<std::string>{"ENV X=1"});
  CHECK(plan.config.config.on_build.empty());
}

TEST_CASE("a trigger may copy from a stage of the child", "[plan][D425]") {
  FakeImages images;
  store::ContainerConfig config;
  config.on_build = {"COPY --from=tools /x /"};
  images.add("base", config);
  images.add("plain");
  const auto plan =
      plan_of("FROM plain AS tools\nRUN make\nFROM base\n", images);
  CHECK(operation_of<CopyOp>(plan).sources[0].from.kind ==
        TreeSource::Kind::vertex);
}

TEST_CASE("triggers join the graph: stages only they name are planned",
          "[plan][D171][D425]") {
  FakeImages images;
  store::ContainerConfig config;
  config.on_build = {"COPY --from=Tools /x /", "COPY --from=1 /y /",
                     "RUN --mount=target=/m,from=more true",
                     "COPY --from=other /z /"};
  images.add("base", config);
  images.add("plain");
  images.add("other");
  const auto plan = plan_of(
      "FROM plain AS tools\nRUN t\nFROM plain AS second\nRUN s\n"
      "FROM plain AS more\nRUN m\nFROM plain AS never\nRUN n\nFROM base\n",
      images);
  std::string titles;
  for (const auto& vertex : plan.vertices) titles += vertex.title + ";";
  CHECK_THAT(titles, Contains("RUN t;") && Contains("RUN s;") &&
                         Contains("RUN m;") && !Contains("RUN n;"));
  CHECK(images.asked.back() == "other");
}

TEST_CASE("a trigger runs for FROM, not for COPY --from or a mount",
          "[plan][D428]") {
  FakeImages images;
  store::ContainerConfig config;
  config.on_build = {"RUN triggered"};
  images.add("base", config);
  images.add("plain");
  const auto plan = plan_of(
      "FROM plain\nCOPY --from=base /x /\nRUN --mount=target=/m,from=base y\n",
      images);
  CHECK(tests::history_of(plan).size() == 2);
}

TEST_CASE("triggers see the child's variables, shell, user and directory",
          "[plan][D87][D426][D427]") {
  FakeImages images;
  store::ContainerConfig config;
  config.on_build = {"ARG A", "ENV B=$A", "RUN x", "WORKDIR sub", "LABEL l=$B"};
  config.shell = {"/bin/ash", "-c"};
  config.user = "ann";
  config.working_dir = "/srv";
  images.add("base", config);
  const auto plan =
      plan_of("ARG A=global\nFROM base\n", images,
              {.target = {}, .build_args = {{"A", "given"}}, .labels = {}});
  CHECK(tests::history_of(plan) ==
        std::vector<std::string>{"ARG A=given", "ENV B=given",
                                 "RUN |1 A=given /bin/ash -c x # buildkit",
                                 "WORKDIR /srv/sub", "LABEL l=given"});
  const auto& run = operation_of<ExecOp>(plan);
  CHECK(run.user == "ann");
  CHECK(run.working_dir == "/srv");
  CHECK(plan.vertices.back().title == "ONBUILD WORKDIR sub");
}

TEST_CASE("a CMD of a trigger counts as one of the child's stage",
          "[plan][D220][D423]") {
  FakeImages images;
  store::ContainerConfig config;
  config.cmd = {"inherited"};
  config.on_build = {"CMD [\"triggered\"]"};
  images.add("base", config);
  CHECK(plan_of("FROM base\nENTRYPOINT [\"e\"]\n", images).config.config.cmd ==
        std::vector<std::string>{"triggered"});
}

TEST_CASE("what cannot be a trigger is refused where it is written",
          "[plan][D421][D422]") {
  for (const char* trigger :
       {"ONBUILD RUN x", "FROM x", "MAINTAINER x", "NOSUCH x", "RUNN x"}) {
    CHECK_THAT(plan_error(std::string("FROM base\nONBUILD ") + trigger + "\n"),
               Contains("Dockerfile:2:9:"));
  }
}

TEST_CASE("a trigger that is no instruction is shown at the FROM",
          "[plan][D426]") {
  FakeImages images;
  store::ContainerConfig config;
  config.on_build = {"NOSUCH x"};
  images.add("base", config);
  CHECK_THROWS_MATCHES(
      plan_of("FROM base\n", images), base::Error,
      tests::HasKind(base::ErrorKind::invalid_dockerfile,
                     "Dockerfile:1:1: ONBUILD trigger \"NOSUCH x\" of the "
                     "base: "));
}

TEST_CASE("a source that a trigger names in vain is shown with the trigger",
          "[plan][D426]") {
  for (const char* source : {"9", "late", "nosuch"}) {
    FakeImages images;
    store::ContainerConfig config;
    config.on_build = {std::string("COPY --from=") + source + " /x /"};
    images.add("base", config);
    images.add("plain");
    try {
      plan_of("FROM base AS a\nFROM plain AS late\nFROM a\n", images);
      FAIL("planned with --from=" << source);
    } catch (const base::Error& error) {
      CHECK_THAT(error.message(), Contains("Dockerfile:1:1:"));
      CHECK_THAT(error.excerpt(), Contains("1 | FROM base AS a") &&
                                      Contains(config.on_build[0]));
    }
  }
}

TEST_CASE("a fault in a trigger shows the trigger at the FROM",
          "[plan][D426]") {
  FakeImages images;
  store::ContainerConfig config;
  config.on_build = {"ENV A=${"};
  images.add("base", config);
  CHECK_THROWS_MATCHES(
      plan_of("ARG x\nFROM base\n", images), base::Error,
      tests::HasKind(base::ErrorKind::invalid_dockerfile,
                     "Dockerfile:2:1: ONBUILD trigger \"ENV A=${\" of the "
                     "base: "));
}

TEST_CASE("an ARG of a trigger takes its build argument", "[plan][D127]") {
  FakeImages images;
  store::ContainerConfig config;
  config.on_build = {"ARG VERSION", "RUN x"};
  images.add("base", config);
  const auto plan =
      plan_of("FROM base\n", images,
              {.target = {}, .build_args = {{"VERSION", "3"}}, .labels = {}});
  for (const std::string& warning : plan.warnings) {
    CHECK_THAT(warning, !Contains("no ARG declares"));
  }
  CHECK(tests::last_run_sees(plan, "VERSION") == "3");
}

TEST_CASE("a trigger's variables are those of the stage it runs in",
          "[plan][D87]") {
  const auto plan = plan_of(
      "FROM scratch AS parent\nENV B=early\nONBUILD ENV A=$B-$C\nENV B=late\n"
      "FROM parent\nENV C=too-late\n");
  CHECK(plan.config.config.env.back() == "C=too-late");
  CHECK_THAT(plan.config.config.env,
             Catch::VectorContains(std::string("A=late-")));
  const auto stored =
      plan_of("FROM scratch\nENV B=early\nONBUILD ENV A=$B-${C?none}\n");
  CHECK(stored.config.config.on_build ==
        std::vector<std::string>{"ENV A=$B-${C?none}"});
}

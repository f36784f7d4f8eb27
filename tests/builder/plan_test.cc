// From a syntax tree to the DAG: stages, pruning, what is one vertex.
#include "builder/plan.h"

#include <catch2/catch.hpp>

#include "fakes.h"
#include "tests/has_kind.h"

using builder::BaseOp;
using builder::CopyOp;
using builder::ExecOp;
using builder::TreeSource;
using Catch::Contains;
using tests::FakeImages;
using tests::operation_of;
using tests::plan_error;
using tests::plan_of;

TEST_CASE("stages the target does not reach are neither planned nor looked up",
          "[plan][D171]") {
  FakeImages images;
  images.add("base");
  const auto plan = plan_of(
      "FROM gone AS other\nRUN a\nFROM base AS one\nRUN b\nFROM base\nRUN c\n",
      images, {.target = "one", .build_args = {}, .labels = {}});
  CHECK(plan.vertices.size() == 2);
  CHECK(images.asked == std::vector<std::string>{"base"});
}

TEST_CASE("a stage reached by FROM, COPY or a mount is planned once",
          "[plan][D171]") {
  const auto plan = plan_of(
      "FROM base AS tools\nRUN make\n"
      "FROM tools AS more\nRUN test\n"
      "FROM scratch\nCOPY --from=tools /a /\nCOPY --from=more /b /\n");
  // base, make, test, two copies
  CHECK(plan.vertices.size() == 5);
}

TEST_CASE("equal steps on equal ground are one vertex, also across stages",
          "[plan][D439]") {
  const auto plan = plan_of(
      "FROM base AS a\nRUN same\nFROM base AS b\nRUN same\nRUN other\n"
      "FROM scratch\nCOPY --from=a /x /\nCOPY --from=b /x /\n");
  // base, same, other, two copies
  CHECK(plan.vertices.size() == 5);
}

TEST_CASE("equal steps on other ground are two vertices", "[plan][D439]") {
  const auto plan = plan_of(
      "FROM base AS a\nRUN first\nRUN same\nFROM base AS b\nRUN same\n"
      "COPY --from=a /x /\n");
  CHECK(plan.vertices.size() == 5);
}

TEST_CASE("every vertex stands behind all it needs", "[plan]") {
  const auto plan = plan_of(
      "FROM base AS a\nRUN one\nFROM base AS b\nRUN two\n"
      "FROM scratch\nCOPY --from=b /x /\nCOPY --from=a /x /\n");
  for (std::size_t i = 0; i < plan.vertices.size(); ++i) {
    if (plan.vertices[i].parent) CHECK(*plan.vertices[i].parent < i);
    for (const std::size_t input : plan.vertices[i].inputs) CHECK(input < i);
  }
}

TEST_CASE("the first instruction of a stage decides its base by exact name",
          "[plan][D160][D161]") {
  FakeImages images;
  images.add("base");
  plan_of("FROM base AS tools\nRUN a\nFROM tools\nRUN b\n", images);
  CHECK(images.asked == std::vector<std::string>{"base"});
  CHECK_THROWS_MATCHES(
      plan_of("FROM base AS tools\nRUN a\nFROM Tools\nRUN b\n", images),
      base::Error,
      tests::HasKind(base::ErrorKind::invalid_dockerfile,
                     "\"Tools\" is not an"));
}

TEST_CASE("only ARG may stand before the first FROM", "[plan][D155]") {
  CHECK_THAT(plan_error("RUN x\nFROM base\n"), Contains("Dockerfile:1:1:"));
  CHECK_THAT(plan_error("ARG A\nENV A=1\nFROM base\n"),
             Contains("Dockerfile:2:1:"));
  CHECK_NOTHROW(plan_of("# c\nARG A\nARG B=1\nFROM base\n"));
}

TEST_CASE("a stage's name is read in lower case and has its own form",
          "[plan][D154][D156]") {
  CHECK_NOTHROW(plan_of("FROM base as Build-1_x.y\nFROM build-1_x.y\n"));
  for (const char* wrong :
       {"FROM base AS 1a\n", "FROM base AS -a\n", "FROM base AS a/b\n",
        "FROM base AS \"a\"\n", "FROM base AS $a\n", "FROM base AS\n",
        "FROM base x\n", "FROM base AS a b\n", "FROM\n"}) {
    INFO(wrong);
    CHECK_THAT(plan_error(wrong), Contains("Dockerfile:1:"));
  }
}

TEST_CASE("stages have numbers, named or not", "[plan][D157]") {
  const auto plan = plan_of(
      "FROM base\nRUN zero\nFROM base AS named\nRUN one\nFROM scratch\n"
      "COPY --from=0 a /\nCOPY --from=1 b /\n");
  CHECK(operation_of<CopyOp>(plan, 0).sources[0].from.vertex == 1);
  CHECK(operation_of<CopyOp>(plan, 1).sources[0].from.vertex == 2);
}

TEST_CASE("FROM takes a number for an image's name", "[plan][D162]") {
  CHECK_THAT(plan_error("FROM base\nFROM 0\n"), Contains("image \"0\""));
}

TEST_CASE("COPY --from takes a stage by name in any case, then by number",
          "[plan][D164][D161]") {
  for (const char* name : {"tools", "TOOLS", "0"}) {
    const auto plan = plan_of(std::string("FROM base AS tools\nRUN a\n"
                                          "FROM scratch\nCOPY --from=") +
                              name + " /x /\n");
    const auto& copy = operation_of<CopyOp>(plan);
    CHECK(copy.sources[0].from.kind == TreeSource::Kind::vertex);
    CHECK(copy.sources[0].from.vertex == 1);
  }
}

TEST_CASE("COPY --from takes an image when no stage has the name",
          "[plan][D164]") {
  FakeImages images;
  images.add("base");
  images.add("tools");
  const auto plan = plan_of("FROM base\nCOPY --from=tools /x /\n", images);
  const auto& copy = operation_of<CopyOp>(plan);
  CHECK(std::get<BaseOp>(plan.vertices[copy.sources[0].from.vertex].operation)
            .image_id == images.images.at("tools").id);
}

TEST_CASE("COPY --from refuses the stage itself, later ones and no stage",
          "[plan][D163][D165]") {
  CHECK_THAT(plan_error("FROM base AS me\nCOPY --from=me a /\n"),
             Contains("Dockerfile:2:13: stage \"me\" copies from itself"));
  CHECK_THAT(plan_error("FROM base\nCOPY --from=0 a /\n"),
             Contains("stage \"0\" copies from itself"));
  CHECK_THAT(plan_error("FROM base AS x\nCOPY --from=late a /\n"
                        "FROM base AS late\nCOPY --from=x a /\n"),
             Contains("stage \"x\" needs stage \"late\""));
  CHECK_THAT(plan_error("FROM base AS x\nCOPY --from=late a /\n"
                        "FROM base AS late\n",
                        {.target = "x", .build_args = {}, .labels = {}}),
             Contains("stage \"late\" is not defined yet"));
  CHECK_THAT(plan_error("FROM base\nCOPY --from=1 a /\nFROM base\n",
                        {.target = "0", .build_args = {}, .labels = {}}),
             Contains("stage \"1\" is not defined yet"));
  CHECK_THAT(plan_error("FROM base\nCOPY --from=7 a /\n"),
             Contains("there is no stage 7\nstages are numbered from 0 to 0"));
  CHECK_THAT(plan_error("FROM base\nCOPY --from=123456789012 a /\n"),
             Contains("there is no stage 123456789012"));
}

TEST_CASE("of two stages of one name the last above is meant", "[plan][D168]") {
  const auto plan = plan_of(
      "FROM base AS a\nRUN first\nFROM base AS a\nRUN second\n"
      "FROM scratch\nCOPY --from=a /x /\n"
      "FROM base AS a\nRUN third\nFROM scratch\nCOPY --from=2 /x /\n");
  const auto& run = operation_of<ExecOp>(plan);
  CHECK(run.args.back() == "second");
}

TEST_CASE("a mount's from takes no stage numbers", "[plan][D166]") {
  CHECK_THAT(plan_error("FROM base AS a\nRUN x\nFROM base\n"
                        "RUN --mount=from=0,target=/m y\n"),
             Contains("image \"0\" is not in the store"));
}

TEST_CASE("scratch is empty and has the usual configuration",
          "[plan][D174][D175][D196]") {
  const auto plan = plan_of("FROM scratch\nCOPY --from=scratch a /\n");
  REQUIRE(plan.vertices.size() == 1);
  CHECK_FALSE(plan.vertices[0].parent);
  CHECK(operation_of<CopyOp>(plan).sources[0].from.kind ==
        TreeSource::Kind::empty);
  CHECK(plan.config.config.working_dir == "/");
  CHECK(plan.config.config.env ==
        std::vector<std::string>{std::string(builder::kDefaultPath)});
}

TEST_CASE("a stage called scratch hides the empty one, as any other image",
          "[plan][D160][D174]") {
  const auto plan = plan_of(
      "FROM base AS scratch\nRUN x\nFROM scratch\nCOPY --from=scratch a /\n");
  CHECK(plan.vertices.size() == 3);
  CHECK(operation_of<CopyOp>(plan).sources[0].from.vertex == 1);
  CHECK_THAT(plan_error("FROM Scratch\n"), Contains("lower case"));
}

TEST_CASE(
    "flag --target takes a name in any case, the last of two, or a number",
    "[plan][D168][D169][D170]") {
  const std::string text =
      "FROM base AS a\nRUN one\nFROM base AS a\nRUN two\nFROM base\nRUN end\n";
  const auto last_run = [&](const std::string& target) {
    const auto plan =
        plan_of(text, {.target = target, .build_args = {}, .labels = {}});
    return operation_of<ExecOp>(plan).args.back();
  };
  CHECK(last_run("") == "end");
  CHECK(last_run("A") == "two");
  CHECK(last_run("0") == "one");
  CHECK(last_run("stage-2") == "end");
  CHECK_THAT(plan_error(text.c_str(),
                        {.target = "stage-1", .build_args = {}, .labels = {}}),
             Contains("did you mean \"stage-2\"?"));
  CHECK_THAT(plan_error("FROM base AS build\n",
                        {.target = "biuld", .build_args = {}, .labels = {}}),
             Contains("has no stage \"biuld\"\ndid you mean \"build\"?"));
}

TEST_CASE("FROM sees global and built-in arguments only",
          "[plan][D117][D144][D158]") {
  FakeImages images;
  images.add("base");
  images.add("base-amd64");
  plan_of("ARG NAME=base\nFROM ${NAME}-$TARGETARCH\nARG NAME\n", images,
          {.target = {},
           .build_args = {},
           .labels = {},
           .network = builder::NetworkMode::standard,
           .build_platform = {"linux", "amd64"}});
  CHECK(images.asked == std::vector<std::string>{"base-amd64"});
  CHECK_THAT(plan_error("FROM base\nENV X=base\nFROM $X\n"),
             Contains("Dockerfile:3:6: \"$X\" expands to nothing"));
}

TEST_CASE("FROM lines are checked in stages that nothing needs",
          "[plan][D159][D172][D177]") {
  CHECK_THAT(plan_error("ARG BASE=base\nFROM $BSAE AS x\nFROM base\n"),
             Contains("Dockerfile:2:6: \"$BSAE\" expands to nothing\n"
                      "did you mean \"$BASE\"?"));
  CHECK_THAT(plan_error("FROM a:b:c AS x\nFROM base\n"),
             Contains("Dockerfile:1:6: \"a:b:c\" is not an image reference"));
  CHECK_THAT(plan_error("FROM base AS build\nFROM Build AS x\nFROM base\n"),
             Contains("stage names are lower case: FROM build"));
}

TEST_CASE("an image that is not there suggests a stage or an image",
          "[plan][D474][D477]") {
  CHECK_THAT(plan_error("FROM base AS builder\nFROM base\n"
                        "COPY --from=buidler a /\n"),
             Contains("image \"buidler\" is not in the store\n"
                      "did you mean \"builder\"?"));
  CHECK_THAT(plan_error("FROM bsae\n"), Contains("did you mean \"base\"?"));
}

TEST_CASE("steps are numbered within their stage, the base first", "[plan]") {
  const auto plan = plan_of("FROM base AS a\nRUN x\nENV A=b\nRUN y\n");
  REQUIRE(plan.vertices.size() == 3);
  CHECK(plan.vertices[2].step == 3);
  CHECK(plan.vertices[2].steps_of_stage == 3);
  CHECK(plan.vertices[2].stage == "a");
}

TEST_CASE("flag --label comes last and leaves no history",
          "[plan][D199][D203]") {
  const auto plan =
      plan_of("FROM base\nLABEL a=1 b=2\n",
              {.target = {}, .build_args = {}, .labels = {{"a", "9"}}});
  CHECK(plan.config.config.labels ==
        std::map<std::string, std::string>{{"a", "9"}, {"b", "2"}});
  CHECK(tests::history_of(plan).size() == 1);
}

TEST_CASE("a NUL byte is refused where something would end at it",
          "[plan][D5]") {
  using namespace std::string_literals;
  for (const std::string& line :
       {"ENV A=x\0y"s, "RUN echo a; \0 exit 7"s, "RUN [\"a\", \"b\\u0000\"]"s,
        "RUN <<E\na\0b\nE"s, "COPY a\0b /"s}) {
    CHECK_THAT(plan_error("FROM base\n" + line + "\n"),
               Contains("Dockerfile:") && Contains("NUL byte"));
  }
  CHECK_NOTHROW(plan_of("FROM base\nCOPY <<E /f\na\0b\nE\n# \0\n"s));
}

TEST_CASE("what is fetched is fetched anew under --no-cache", "[plan][D438]") {
  builder::PlanOptions options;
  options.use_cache = false;
  for (const auto& vertex :
       plan_of("FROM scratch\nADD http://h/f git://h/r.git /d/\n", options)
           .vertices) {
    CHECK(vertex.is_uncached);
  }
}

TEST_CASE("flag --no-cache-filter is for the steps of its stages alone",
          "[plan][D438]") {
  const auto uncached = [](bool use_cache, std::vector<std::string> stages) {
    builder::PlanOptions options;
    options.use_cache = use_cache;
    options.uncached_stages = std::move(stages);
    const auto plan = plan_of(
        "FROM base AS one\nRUN a\nFROM base AS two\nRUN b\nCOPY x /\n"
        "FROM one\nRUN c\nCOPY --from=two x /\n",
        options);
    std::string titles;
    for (const auto& vertex : plan.vertices) {
      if (vertex.is_uncached) titles += vertex.title + ";";
    }
    for (const auto& warning : plan.warnings) {
      if (Contains("no-cache").match(warning)) titles += warning;
    }
    return titles;
  };
  CHECK(uncached(true, {}).empty());
  CHECK(uncached(true, {"TWO"}) == "RUN b;COPY x /;");
  CHECK(uncached(false, {}) ==
        "RUN a;RUN b;COPY x /;RUN c;COPY --from=two x /;");
  CHECK(uncached(true, {"tow"}) ==
        "--no-cache-filter tow: no stage has this name; did you mean "
        "\"two\"?");
  CHECK(uncached(true, {"1"}) == uncached(true, {"two"}));
  CHECK(uncached(true, {"7"}) ==
        "--no-cache-filter 7: no stage has this name; the stages are one, "
        "two, stage-2");
  CHECK(uncached(true, {"stage-2"}) == uncached(true, {"2"}));
  CHECK_FALSE(uncached(true, {"stage-2"}).empty());
}

TEST_CASE("SOURCE_DATE_EPOCH is a build argument or a global default",
          "[plan][D147][D148][D149]") {
  const auto epoch = [](const char* text, const builder::BuildArgs& args) {
    return plan_of(text, {.target = {}, .build_args = args, .labels = {}})
        .epoch;
  };
  using std::chrono::seconds;
  CHECK_FALSE(epoch("FROM base\n", {}));
  CHECK(epoch("FROM base\n", {{"SOURCE_DATE_EPOCH", "7"}}) ==
        std::chrono::sys_seconds(seconds(7)));
  CHECK(epoch("ARG SOURCE_DATE_EPOCH=9\nFROM base\n", {}) ==
        std::chrono::sys_seconds(seconds(9)));
  CHECK_FALSE(epoch("ARG SOURCE_DATE_EPOCH=9\nFROM base\n",
                    {{"SOURCE_DATE_EPOCH", ""}}));
  CHECK(epoch("FROM base\n", {{"SOURCE_DATE_EPOCH", "-1"}}) ==
        std::chrono::sys_seconds(seconds(-1)));
  // A directory has no time of its own.
  CHECK_FALSE(epoch("FROM base\n", {{"SOURCE_DATE_EPOCH", "context"}}));
  CHECK_THAT(plan_error("ARG SOURCE_DATE_EPOCH=noon\nFROM base\n"),
             Contains("Dockerfile:1:5: SOURCE_DATE_EPOCH is \"noon\", not a "
                      "number of seconds"));
  for (const char* wrong : {"x", "1.5", "1 ", "999999999999", "0x1", "+"}) {
    CHECK_THROWS_MATCHES(epoch("FROM base\n", {{"SOURCE_DATE_EPOCH", wrong}}),
                         base::Error, tests::HasKind(base::ErrorKind::usage));
  }
  CHECK_THROWS_MATCHES(
      epoch("FROM scratch AS src\nFROM base\n", {{"SOURCE_DATE_EPOCH", "src"}}),
      base::Error, tests::HasKind(base::ErrorKind::unsupported));
}

TEST_CASE("a stage sees SOURCE_DATE_EPOCH as a plain number, or not at all",
          "[plan][D147][D148]") {
  const auto seen = [](const std::string& text,
                       const builder::BuildArgs& args) {
    return tests::last_run_sees(
        plan_of(text, {.target = {}, .build_args = args, .labels = {}}),
        "SOURCE_DATE_EPOCH");
  };
  const std::string stage = "FROM base\nARG SOURCE_DATE_EPOCH\nRUN x\n";
  CHECK(seen(stage, {{"SOURCE_DATE_EPOCH", "+007"}}) == "7");
  CHECK(seen("ARG SOURCE_DATE_EPOCH=9\n" + stage, {}) == "9");
  CHECK(seen("FROM base\nRUN x\n", {{"SOURCE_DATE_EPOCH", "7"}}) == "-");
  CHECK(seen(stage, {{"SOURCE_DATE_EPOCH", ""}}) == "-");
  CHECK(seen("ARG SOURCE_DATE_EPOCH=9\n" + stage,
             {{"SOURCE_DATE_EPOCH", ""}}) == "-");
}

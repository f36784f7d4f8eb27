// ARG, ENV and what RUN sees of them.
#include <catch2/catch.hpp>

#include "fakes.h"

using builder::BuildArgs;
using builder::ExecOp;
using builder::PlanOptions;
using Catch::Contains;
using tests::history_of;
using tests::last_run_sees;
using tests::operation_of;
using tests::plan_error;
using tests::plan_of;

namespace {

PlanOptions given(BuildArgs args) {
  PlanOptions options;
  options.build_args = std::move(args);
  options.build_platform = {"linux", "amd64"};
  return options;
}

}  // namespace

TEST_CASE("a global ARG is seen in a stage only when it is declared there",
          "[plan][D117][D118][D129]") {
  CHECK(last_run_sees(plan_of("ARG A=1\nFROM base\nRUN x\n"), "A") == "-");
  CHECK(last_run_sees(plan_of("ARG A=1\nFROM base\nARG A\nRUN x\n"), "A") ==
        "1");
}

TEST_CASE("an ARG's value is the build argument, its default, the global's",
          "[plan][D119]") {
  const char* text = "ARG A=global\nFROM base\nARG A=own\nRUN x\n";
  CHECK(last_run_sees(plan_of(text, given({{"A", "given"}})), "A") == "given");
  CHECK(last_run_sees(plan_of(text), "A") == "own");
  CHECK(last_run_sees(plan_of("ARG A=global\nFROM base\nARG A\nRUN x\n",
                              given({{"A", "given"}})),
                      "A") == "given");
}

TEST_CASE("an ARG has a name", "[plan][D116]") {
  for (const char* wrong : {"ARG\n", "ARG =1\n", "ARG A =1\n"}) {
    CHECK_THAT(plan_error(std::string("FROM base\n") + wrong),
               Contains("Dockerfile:2:"));
    CHECK_THAT(plan_error(wrong + std::string("FROM base\n")),
               Contains("Dockerfile:1:"));
  }
  const auto plan = plan_of("FROM base\nARG A B=1 C=\nRUN x\n");
  CHECK(last_run_sees(plan, "B") == "1");
  CHECK(last_run_sees(plan, "C").empty());
}

TEST_CASE("an ARG's own default hides a platform argument",
          "[plan][D120][D144]") {
  CHECK(last_run_sees(
            plan_of("FROM base\nARG TARGETARCH=foo\nRUN x\n", given({})),
            "TARGETARCH") == "foo");
  CHECK(last_run_sees(plan_of("FROM base\nARG TARGETARCH\nRUN x\n", given({})),
                      "TARGETARCH") == "amd64");
  CHECK(last_run_sees(plan_of("FROM base\nRUN x\n", given({})), "TARGETARCH") ==
        "-");
}

TEST_CASE("the platform arguments say what is built and where",
          "[plan][D143][D145][D146]") {
  const auto plan = plan_of(
      "FROM base AS web\nARG TARGETPLATFORM\nARG TARGETVARIANT\n"
      "ARG TARGETSTAGE\nARG BUILDOS\nRUN x\n",
      {.target = "WEB",
       .build_args = {},
       .labels = {},
       .network = builder::NetworkMode::standard,
       .build_platform = {"linux", "arm64"}});
  CHECK(last_run_sees(plan, "TARGETPLATFORM") == "linux/arm64");
  CHECK(last_run_sees(plan, "TARGETVARIANT").empty());
  CHECK(last_run_sees(plan, "TARGETSTAGE") == "WEB");
  CHECK(last_run_sees(plan, "BUILDOS") == "linux");
}

TEST_CASE("TARGETSTAGE is what is built: the target, or the last stage's name",
          "[plan][D146]") {
  const std::string text =
      "FROM base AS one\nARG TARGETSTAGE\nRUN x\nFROM one AS two\nFROM one\n";
  PlanOptions options;
  CHECK(last_run_sees(plan_of(text), "TARGETSTAGE") == "default");
  CHECK(last_run_sees(plan_of(text + "FROM one AS last\n"), "TARGETSTAGE") ==
        "last");
  options.target = "two";
  CHECK(last_run_sees(plan_of(text, options), "TARGETSTAGE") == "two");
}

TEST_CASE("what is for the builder alone is no variable of a RUN",
          "[plan][D151][D152]") {
  const char* text =
      "FROM base\nARG BUILDKIT_SBOM_SCAN_STAGE=true\n"
      "ENV A=${BUILDKIT_SBOM_SCAN_STAGE-unset}\nRUN x\n";
  const auto plan =
      plan_of(text, given({{"BUILDKIT_INLINE_CACHE", "1"},
                           {"BUILDKIT_MULTI_PLATFORM", "1"},
                           {"BUILDKIT_SYNTAX", "dockerfile.v0"}}));
  for (const std::string& pair : operation_of<ExecOp>(plan).env) {
    CHECK_FALSE(Contains("BUILDKIT_").match(pair));
  }
  CHECK(last_run_sees(plan, "A") == "unset");
  CHECK(history_of(plan).back() ==
        "RUN |1 BUILDKIT_SBOM_SCAN_STAGE=true /bin/sh -c x # buildkit");
}

TEST_CASE("names of arguments are taken as they are written",
          "[plan][D84][D126]") {
  const auto plan = plan_of("FROM base\nARG N=A\nARG $N=1 a.b-c=2\nRUN x\n");
  CHECK(last_run_sees(plan, "A") == "-");
  CHECK(last_run_sees(plan, "$N") == "1");
  CHECK(last_run_sees(plan, "a.b-c") == "2");
}

TEST_CASE("names of variables differ by case", "[plan][D137]") {
  const auto plan = plan_of("FROM base\nENV a=1 A=2\nRUN x\n");
  CHECK(last_run_sees(plan, "a") == "1");
  CHECK(last_run_sees(plan, "A") == "2");
}

TEST_CASE("an ENV's value keeps the spaces of what it was given",
          "[plan][D115][D133]") {
  const auto plan = plan_of(
      "FROM base\nENV A=\"x  y\" S='a b'\nENV B=$A C=$S\n"
      "ENV D  it's  \"quoted  text\" $B's\n");
  const auto& env = plan.config.config.env;
  CHECK(env[3] == "B=x  y");
  CHECK(env[4] == "C=a b");
  CHECK(env[5] == "D=its  \"quoted  text\" $Bs");
}

TEST_CASE("an ARG without any value is unset, not empty", "[plan][D121]") {
  const auto plan = plan_of("FROM base\nARG A\nENV B=${A-unset}\nRUN x\n");
  CHECK(last_run_sees(plan, "A") == "-");
  CHECK(last_run_sees(plan, "B") == "unset");
  const auto empty = plan_of("FROM base\nARG A\nENV B=${A-unset}\nRUN x\n",
                             given({{"A", ""}}));
  CHECK(last_run_sees(empty, "A").empty());
  CHECK(last_run_sees(empty, "B").empty());
}

TEST_CASE("a default that a build argument replaces is not expanded",
          "[plan][D123]") {
  const char* text = "ARG A=${B?none}\nFROM base\nARG C=${D?none}\n";
  CHECK_NOTHROW(plan_of(text, given({{"A", "1"}, {"C", "2"}})));
  CHECK_THAT(plan_error(text, given({{"A", "1"}})),
             Contains("Dockerfile:3:7:"));
  CHECK_THAT(plan_error(text, given({{"C", "1"}})),
             Contains("Dockerfile:1:7:"));
}

TEST_CASE("defaults of one ARG see the pairs before them", "[plan][D89]") {
  CHECK(last_run_sees(
            plan_of("ARG A=1 B=\"$A 2\"\nFROM base\nARG B C='$B' D=$B-3\n"
                    "RUN x\n"),
            "D") == "1 2-3");
}

TEST_CASE("an ARG lives to the end of its stage and in stages built on it",
          "[plan][D124]") {
  const std::string text =
      "FROM base AS a\nENV E=$A\nARG A=1\nFROM a AS b\nRUN x\n";
  CHECK(last_run_sees(plan_of(text), "A") == "1");
  CHECK(last_run_sees(plan_of(text), "E").empty());
  CHECK(last_run_sees(plan_of(text + "FROM base\nCOPY --from=b a /\nRUN y\n"),
                      "A") == "-");
}

TEST_CASE("an ARG is in history and never in the configuration",
          "[plan][D125][D206]") {
  const auto plan = plan_of("FROM base\nARG A=1 B C='x y'\n");
  CHECK(history_of(plan) == std::vector<std::string>{"ARG A=1 B C=x y"});
  CHECK(plan.config.config.env ==
        std::vector<std::string>{std::string(builder::kDefaultPath)});
}

TEST_CASE("of ENV and ARG the later line wins, the configuration keeps ENV",
          "[plan][D130]") {
  const auto arg_last = plan_of("FROM base\nENV A=e\nARG A=a\nRUN x\n");
  CHECK(last_run_sees(arg_last, "A") == "a");
  CHECK(arg_last.config.config.env.back() == "A=e");
  const auto env_last = plan_of("FROM base\nARG A=a\nENV A=e\nRUN x\n");
  CHECK(last_run_sees(env_last, "A") == "e");
}

TEST_CASE("an ARG overrides the ENV of the base", "[plan][D131]") {
  tests::FakeImages images;
  store::ContainerConfig config;
  config.env = {"A=base", "PATH=/bin"};
  images.add("base", config);
  const auto plan = plan_of("FROM base\nARG A=mine\nRUN x\n", images);
  CHECK(last_run_sees(plan, "A") == "mine");
  CHECK(plan.config.config.env == config.env);
}

TEST_CASE("ENV replaces in place, adds at the end, and sees what was before",
          "[plan][D88][D132][D135][D136]") {
  const auto plan = plan_of(
      "FROM base\nENV a=hi z=1\nENV a=bye b=$a c=\nENV PATH=/x:$PATH\n");
  CHECK(plan.config.config.env ==
        std::vector<std::string>{
            "PATH=/x:" + std::string(builder::kDefaultPath.substr(5)), "a=bye",
            "z=1", "b=hi", "c="});
}

TEST_CASE("a base's variable that is a name alone is an empty one",
          "[plan][D135]") {
  tests::FakeImages images;
  store::ContainerConfig config;
  config.env = {"BARE", "PATH=/bin", "A=1"};
  images.add("base", config);
  const auto plan = plan_of("FROM base\nRUN x\n", images);
  CHECK(last_run_sees(plan, "BARE").empty());
  CHECK(plan.config.config.env == config.env);
  CHECK(plan_of("FROM base\nENV BARE=2\n", images).config.config.env ==
        std::vector<std::string>{"BARE=2", "PATH=/bin", "A=1"});
}

TEST_CASE("a base without PATH gets the usual one", "[plan][D138]") {
  CHECK(last_run_sees(plan_of("FROM base\nRUN x\n"), "PATH") ==
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

TEST_CASE("proxies reach RUN in both cases and stay out of key and history",
          "[plan][D139][D140][D141]") {
  const char* text = "FROM base\nRUN x\n";
  const auto plan = plan_of(
      text,
      given({{"HTTP_PROXY", "up"}, {"http_proxy", "low"}, {"NO_PROXY", "n"}}));
  const auto& run = operation_of<ExecOp>(plan);
  CHECK(run.proxy_env == std::vector<std::string>{"HTTP_PROXY=low",
                                                  "http_proxy=low",
                                                  "NO_PROXY=n", "no_proxy=n"});
  CHECK(last_run_sees(plan, "HTTP_PROXY") == "-");
  CHECK(history_of(plan) == history_of(plan_of(text)));
  CHECK(builder::render_operation(run) ==
        builder::render_operation(operation_of<ExecOp>(plan_of(text))));
}

TEST_CASE("a declared proxy is an ordinary ARG", "[plan][D142]") {
  const auto plan = plan_of("FROM base\nARG HTTP_PROXY\nRUN x\n",
                            given({{"HTTP_PROXY", "up"}}));
  CHECK(last_run_sees(plan, "HTTP_PROXY") == "up");
  CHECK(history_of(plan).back() ==
        "RUN |1 HTTP_PROXY=up /bin/sh -c x # buildkit");
  CHECK(operation_of<ExecOp>(plan).proxy_env ==
        std::vector<std::string>{"http_proxy=up"});
}

TEST_CASE("a proxy that the file sets itself is set once", "[plan][D139]") {
  const auto plan = plan_of("FROM base\nENV http_proxy=mine\nRUN x\n",
                            given({{"http_proxy", "given"}}));
  CHECK(operation_of<ExecOp>(plan).proxy_env ==
        std::vector<std::string>{"HTTP_PROXY=given"});
}

TEST_CASE("RUN's history lists the arguments in scope, without a value as well",
          "[plan][D207][D208]") {
  const auto plan = plan_of(
      "ARG G=g\nFROM base AS a\nARG B=1 NONE\nARG A=2\nENV A=3\nFROM a\n"
      "ARG G B\nRUN --network=none echo $A\nRUN [\"ls\", \"-l /\"]\n");
  const auto texts = history_of(plan);
  CHECK(texts[texts.size() - 2] ==
        "RUN |4 B=1 NONE= A=3 G=g /bin/sh -c echo $A # buildkit");
  CHECK(texts.back() == "RUN |4 B=1 NONE= A=3 G=g ls -l / # buildkit");
}

TEST_CASE("a fault in an argument is shown where it stands", "[plan][D470]") {
  CHECK_THAT(plan_error("FROM base\nARG A=1 BC=\"${x\"\n"),
             Contains("Dockerfile:2:13:") || Contains("Dockerfile:2:12:"));
  CHECK_THAT(plan_error("FROM base\nENV A=b\\\n${x:=1}\n"),
             Contains("Dockerfile:2:7:"));
}

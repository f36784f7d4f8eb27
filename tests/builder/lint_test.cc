// Rules that need values, stages, images or the ignore file. Findings are shown
// as "Rule:line".
#include "builder/lint.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "builder/check.h"
#include "fakes.h"

namespace {

using Names = std::vector<std::string>;
using tests::FakeImages;

struct Case {
  builder::BuildArgs build_args = {};
  std::string ignore = {};
  bool all_stages = true;
  std::string target = {};
  FakeImages images = {};
};

struct Linted {
  Names names;
  std::vector<parser::LintFinding> findings;
  std::string error;
};

Linted run(const std::string& text, Case given = {}) {
  const auto source = builder::parse_until_fault("Dockerfile", text);
  const auto ignore = parser::IgnoreFile::parse(given.ignore);
  builder::Lint lint(source.file, given.build_args, &ignore);
  Linted linted;
  builder::PlanOptions options;
  options.build_platform = {"linux", "amd64"};
  options.build_args = given.build_args;
  options.all_stages = given.all_stages;
  options.target = given.target;
  builder::AnyImages any(&given.images, builder::Platform{"linux", "amd64"});
  try {
    if (source.fault) throw *source.fault;
    builder::make_plan(source.file, options, any, lint);
    lint.refuse_findings();
  } catch (const base::Error& error) {
    linted.error = error.message();
  }
  linted.findings = lint.report().findings;
  for (const parser::LintFinding& finding : linted.findings) {
    linted.names.push_back(std::string(parser::info_of(finding.rule).name) +
                           ":" + std::to_string(finding.range.start.line));
  }
  return linted;
}

Names lint(const std::string& text, Case given = {}) {
  return run(text, std::move(given)).names;
}

std::string message(const std::string& text, Case given = {}) {
  const Linted linted = run(text, std::move(given));
  return linted.findings.empty() ? "" : linted.findings.back().message;
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a shell form of CMD and ENTRYPOINT is found", "[lint][D453]") {
  CHECK(lint("FROM scratch\nCMD a\n") == Names{"JSONArgsRecommended:2"});
  CHECK(lint("FROM scratch\nENTRYPOINT a\n") == Names{"JSONArgsRecommended:2"});
  CHECK(lint("FROM scratch\nCMD [\"a\"]\nRUN a\nHEALTHCHECK CMD a\n").empty());
  // Who sets a shell wants one.
  CHECK(lint("FROM scratch\nSHELL [\"/s\"]\nCMD a\n").empty());
  CHECK(lint("FROM scratch AS b\nSHELL [\"/s\"]\nFROM b\nENTRYPOINT a\n")
            .empty());
  Case with_shell;
  store::ContainerConfig config;
  config.shell = {"/s"};
  with_shell.images.add("base", config);
  CHECK(lint("FROM base\nCMD a\n", with_shell).empty());
}

TEST_CASE("FROM with a variable that no ARG above declares is found",
          "[lint][D455][D474]") {
  const char* name = "UndefinedArgInFrom";
  CHECK(lint("ARG base=scratch\nFROM $base\n").empty());
  CHECK(lint("FROM --platform=$BUILDPLATFORM scratch\n").empty());
  CHECK(lint("ARG DEBUG=\nFROM scratch${DEBUG-@bogus}\n").empty());
  CHECK(lint("ARG tag=1\nFROM busybox:${tag}${version} AS b\n") ==
        Names{std::string(name) + ":2"});
  const std::string typo = "FROM --platform=$BULIDPLATFORM scratch\n";
  CHECK(lint(typo) == Names{std::string(name) + ":1"});
  CHECK(has(message(typo), "did you mean $BUILDPLATFORM?"));
  CHECK(has(message("FROM a:1$V\nARG V\nRUN x\n"), "inside a stage"));
}

TEST_CASE("a default that makes no image name is found", "[lint][D463]") {
  const auto name = [](const std::string& text, builder::BuildArgs args) {
    return lint(text, {.build_args = std::move(args)});
  };
  const Names found = {"InvalidDefaultArgInFrom:2"};
  CHECK(name("ARG VERSION\nFROM busybox:$VERSION\n", {{"VERSION", "1"}}) ==
        found);
  CHECK(name("ARG IMAGE\nFROM $IMAGE\n", {{"IMAGE", "busybox:1"}}) == found);
  CHECK(name("ARG SFX=\"box:\"\nFROM busy${SFX}\n", {{"SFX", "box:1"}}) ==
        found);
  CHECK(name("ARG VERSION=1\nFROM busybox:${VERSION}\n", {}).empty());
  CHECK(
      name("ARG V=\"\"\nFROM busybox:stable${V}\n", {{"V", "-musl"}}).empty());
  CHECK(name("ARG V\nFROM busybox:stable${V}\n", {{"V", "-musl"}}).empty());
  // A default that cannot be read does not matter when it is not used.
  CHECK(name("ARG V=${A:?no}\nFROM busybox:$V\n", {{"V", "1"}}).empty());
}

TEST_CASE("the default platform need not be written", "[lint][D461]") {
  CHECK(lint("FROM --platform=$TARGETPLATFORM scratch\n") ==
        Names{"RedundantTargetPlatform:1"});
  CHECK(lint("FROM --platform=${TARGETPLATFORM} scratch\n") ==
        Names{"RedundantTargetPlatform:1"});
  CHECK(lint("FROM --platform=$BUILDPLATFORM scratch\n").empty());
}

TEST_CASE("the first relative WORKDIR of a stage is found", "[lint][D456]") {
  CHECK(lint("FROM scratch\nWORKDIR app/\nWORKDIR b\n") ==
        Names{"WorkdirRelativePath:2"});
  CHECK(lint("FROM scratch AS a\nWORKDIR /app\nFROM a\nWORKDIR b/\n").empty());
  CHECK(lint("FROM scratch\nARG D=/x\nWORKDIR $D\n").empty());
  // What the base image has set may change.
  Case with_directory;
  store::ContainerConfig config;
  config.working_dir = "/srv";
  with_directory.images.add("base", config);
  CHECK(lint("FROM base\nWORKDIR app\n", with_directory).size() == 1);
}

TEST_CASE("a variable that is not set is found where it is used",
          "[lint][D93][D457][D474]") {
  CHECK(lint("FROM scratch\nARG foo\nCOPY Dockerfile${foo} .\n").empty());
  CHECK(lint("FROM a AS b\nARG foo=x\nFROM b\nCOPY $foo .\n").empty());
  CHECK(lint("FROM a\nRUN echo $PATH $none\n").empty());
  CHECK(lint("FROM a\nCOPY $foo .\nARG foo=bar\n") == Names{"UndefinedVar:2"});
  CHECK(lint("FROM a\nCOPY $foo $foo $bar .\n") ==
        Names{"UndefinedVar:2", "UndefinedVar:2", "UndefinedVar:2"});
  CHECK(lint("FROM a\nENV X=${none:-default}\n") == Names{"UndefinedVar:2"});
  CHECK(lint("FROM a\nCOPY <<E /x\n$none\nE\n") == Names{"UndefinedVar:2"});
  CHECK(lint("FROM a\nCOPY <<'E' /x\n$none\nE\n").empty());
  CHECK(lint("FROM a\nRUN --mount=type=cache,target=$none/x y\n") ==
        Names{"UndefinedVar:2"});
  CHECK(has(message("FROM a\nARG DIR_BIN=b\nARG DIR_ASSETS=a\nCOPY $DIR_ASSET "
                    ".\n"),
            "did you mean $DIR_ASSETS?"));
  CHECK(has(message("FROM a\nENV PATH=$PAHT:/x\n"), "did you mean $PATH?"));
  CHECK(has(message("ARG V=1\nFROM a\nLABEL v=$V\n"), "write ARG V in this"));
  CHECK(has(message("FROM a\nLABEL v=$V\n", {.build_args = {{"V", "1"}}}),
            "only with ARG V"));
}

TEST_CASE("what the base sets is set, and an unknown base is told",
          "[lint][D457]") {
  Case known;
  store::ContainerConfig config;
  config.env = {"GOPATH=/go"};
  known.images.add("golang", config);
  CHECK(lint("FROM golang\nCOPY x $GOPATH\n", known).empty());
  CHECK(has(message("FROM golang\nCOPY x $GOPATH\n"), "not in the store"));
}

TEST_CASE("a base of another platform is found", "[lint][D460]") {
  Case given;
  given.images.add("arm");
  given.images.images["arm"].config.architecture = "arm64";
  given.images.add("own");
  CHECK(lint("FROM arm\nFROM own\n", given) ==
        Names{"InvalidBaseImagePlatform:1"});
}

TEST_CASE("a source that the ignore file hides is found", "[lint][D465]") {
  const auto names = [](const std::string& line, const std::string& ignore) {
    return lint("FROM scratch AS base\n" + line + "\n", {.ignore = ignore});
  };
  const Names found = {"CopyIgnoredFile:2"};
  CHECK(names("COPY Dockerfile .", "\nDockerfile\n") == found);
  CHECK(names("ADD ./Dockerfile /windy", "Dockerfile") == found);
  CHECK(names("COPY dir/file .", "dir") == found);
  CHECK(names("COPY . .", "**") == found);
  CHECK(names("COPY . .", "*.md").empty());
  CHECK(names("COPY Dockerfile .", "foobar").empty());
  CHECK(names("COPY --from=scratch /foobar /x", "foobar").empty());
  CHECK(names("COPY <<foobar /x\nfoobar", "foobar").empty());
  // Exceptions make it too hard to tell.
  CHECK(names("COPY Dockerfile .", "**\n!Dockerfile").empty());
  CHECK(names("COPY . .", "**\n!Dockerfile").empty());
}

TEST_CASE("a build argument that no ARG takes is named", "[lint][D127][D469]") {
  const Linted linted =
      run("ARG A\nFROM base AS unused\nARG B\nFROM base\nARG C VERSION\n",
          {.build_args = {{"A", ""},
                          {"B", ""},
                          {"C", ""},
                          {"VERSOIN", ""},
                          {"HTTP_PROXY", ""},
                          {"BUILDKIT_INLINE_CACHE", ""},
                          {"TARGETARCH", "x"}},
           .all_stages = false});
  CHECK(linted.names == Names{"strake/UnusedBuildArg:0"});
  CHECK(linted.findings.at(0).message ==
        "--build-arg VERSOIN: no ARG declares it; did you mean \"VERSION\"?");
  CHECK(lint("# check=skip=strake/UnusedBuildArg\nFROM base\n",
             {.build_args = {{"X", ""}}})
            .empty());
}

TEST_CASE("an ARG of a trigger counts as declared", "[lint][D127]") {
  Case given{.build_args = {{"VERSION", "3"}}};
  store::ContainerConfig config;
  config.on_build = {"ARG VERSION", "RUN x"};
  given.images.add("base", config);
  CHECK(lint("FROM base\n", given).empty());
}

TEST_CASE("findings of a trigger are told at the FROM", "[lint][D457]") {
  Case given;
  store::ContainerConfig config;
  config.on_build = {"COPY $none .", "CMD x"};
  given.images.add("base", config);
  CHECK(lint("FROM scratch AS a\nFROM base\n", given) ==
        Names{"JSONArgsRecommended:2", "UndefinedVar:2"});
}

TEST_CASE("a base without a version is found when asked for", "[lint][D469]") {
  const auto names = [](const std::string& from) {
    return lint(
        "# check=experimental=strake/UnpinnedBase\nFROM scratch AS a\n" + from +
        "\n");
  };
  CHECK(names("FROM debian") == Names{"strake/UnpinnedBase:3"});
  CHECK(names("FROM debian:latest") == Names{"strake/UnpinnedBase:3"});
  CHECK(names("FROM debian:12").empty());
  CHECK(names("FROM debian@sha256:" + std::string(64, 'a')).empty());
  CHECK(names("FROM a").empty());
  CHECK(lint("FROM debian\n").empty());
}

TEST_CASE("a build tells of the stages it reaches, a check of all",
          "[lint][D442]") {
  const std::string stages =
      "FROM scratch AS A\nCOPY $foo .\nENV k v\nFROM scratch AS b\nCOPY $bar "
      ".\n";
  CHECK(lint(stages, {.all_stages = false}) ==
        Names{"StageNameCasing:1", "UndefinedVar:5"});
  CHECK(lint(stages) == Names{"StageNameCasing:1", "UndefinedVar:2",
                              "LegacyKeyValueFormat:3", "UndefinedVar:5"});
  CHECK(lint(stages, {.all_stages = false, .target = "a"}) ==
        Names{"StageNameCasing:1", "UndefinedVar:2", "LegacyKeyValueFormat:3"});
}

TEST_CASE("error=true makes findings fail", "[lint][D443]") {
  const std::string file = "FROM scratch as base\ncopy Dockerfile .\n";
  CHECK(run("#check=skip=all;error=true\n" + file).error.empty());
  CHECK(
      run("#check=skip=ConsistentInstructionCasing,FromAsCasing;error=true\n" +
          file)
          .error.empty());
  const Linted failed =
      run("#check=skip=ConsistentInstructionCasing;error=true\n" + file);
  CHECK(failed.names == Names{"FromAsCasing:2"});
  CHECK(failed.error ==
        "Dockerfile:2:14: lint violation found for rules: FromAsCasing");
  // Advice of ours does not fail what BuildKit builds.
  CHECK(run("#check=error=true\nFROM a\nRUN apt-get update\n").error.empty());
}

TEST_CASE("BUILDKIT_DOCKERFILE_CHECK takes the directive's place",
          "[lint][D37]") {
  const auto with = [](const char* options) {
    return Case{.build_args = {{"BUILDKIT_DOCKERFILE_CHECK", options}}};
  };
  const std::string file = "FROM scratch as base\ncopy Dockerfile .\n";
  const Linted failed =
      run("#check=skip=all\n" + file,
          with("skip=ConsistentInstructionCasing;error=true"));
  CHECK(failed.names == Names{"FromAsCasing:2"});
  CHECK_FALSE(failed.error.empty());
  const Linted silent = run("#check=error=true\n" + file, with("skip=all"));
  CHECK(silent.names.empty());
  CHECK(silent.error.empty());
  CHECK_THROWS_AS(run(file, with("skp=all")), base::Error);
}

TEST_CASE("a comment silences what the planner finds too", "[lint][D444]") {
  CHECK(lint("FROM scratch\n# check=skip=WorkdirRelativePath\nWORKDIR app/\n")
            .empty());
  CHECK(
      lint("FROM scratch\n# check=skip=JSONArgsRecommended\nCMD a\n").empty());
  CHECK(lint("\n# check=skip=RedundantTargetPlatform\n"
             "FROM --platform=$TARGETPLATFORM scratch\n")
            .empty());
  CHECK(lint("FROM a\n# check=skip=UndefinedVar it is the base's\nENV A=$B\n"
             "ENV C=$D\n") == Names{"UndefinedVar:4"});
}

TEST_CASE("a file of nothing but findings is linted in linear time",
          "[lint][D457]") {
  std::string text = "FROM scratch\n";
  for (int i = 0; i < 2'000; ++i) {
    const std::string n = std::to_string(i);
    text += "ENV NAME" + n + "=$MANE" + n + "\n";
  }
  // Long, were each of them compared with all of the others.
  CHECK(run(text).findings.size() == 2'000);
}

TEST_CASE("a plan that fails has findings up to there", "[lint][D471]") {
  const Linted linted =
      run("FROM scratch AS Bad\nENV a b\nCOPY --from=later x /\n"
          "FROM scratch AS later\nENV c d\n",
          {.all_stages = false, .target = "bad"});
  CHECK(linted.names == Names{"StageNameCasing:1", "LegacyKeyValueFormat:2"});
  CHECK(has(linted.error, "not defined yet"));
}

// Instructions that touch only the configuration, and the history all leave.
#include <catch2/catch.hpp>

#include "fakes.h"

using Catch::Contains;
using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::history_of;
using tests::plan_error;
using tests::plan_of;
using Texts = std::vector<std::string>;

namespace {

store::ContainerConfig config_of(const std::string& lines) {
  return plan_of("FROM base\n" + lines).config.config;
}

// The text that these lines leave in history; the last, when there are several.
std::string last_text(const std::string& lines) {
  return history_of(plan_of("FROM base\n" + lines)).back();
}

}  // namespace

TEST_CASE("CMD takes JSON words or a text for the shell, the last one counts",
          "[plan][D216][D217][D211]") {
  CHECK(config_of("CMD [\"a\", \"b c\"]\n").cmd == Texts{"a", "b c"});
  CHECK(config_of("CMD one\nCMD echo $X\n").cmd ==
        Texts{"/bin/sh", "-c", "echo $X"});
  CHECK(config_of("CMD x\n").args_escaped);
  CHECK(last_text("CMD [\"a\", \"b c\"]\n") == "CMD [\"a\" \"b c\"]");
  CHECK(last_text("CMD echo \"$X\"\n") ==
        "CMD [\"/bin/sh\" \"-c\" \"echo \\\"$X\\\"\"]");
}

TEST_CASE("history escapes in commands what a line cannot show",
          "[plan][D211]") {
  CHECK(last_text("CMD [\"a\\nb\\t\\u0001\", \"\\\\\"]\n") ==
        "CMD [\"a\\nb\\t\\x01\" \"\\\\\"]");
  CHECK(last_text("CMD [\"\u00e9\u65e5\", \"a\\u00a0b\", \"\\u200b\", "
                  "\"\\udb40\\udc01\"]\n") ==
        "CMD [\"\u00e9\u65e5\" \"a\\u00a0b\" \"\\u200b\" "
        "\"\\U000e0001\"]");
  CHECK(last_text("CMD \xff<&>\n") == "CMD [\"/bin/sh\" \"-c\" \"\\xff<&>\"]");
}

TEST_CASE("an empty list clears CMD and ENTRYPOINT", "[plan][D218]") {
  const auto config = config_of("CMD x\nENTRYPOINT y\nCMD []\nENTRYPOINT []\n");
  CHECK_FALSE(config.cmd);
  CHECK_FALSE(config.entrypoint);
  CHECK(last_text("CMD []\n") == "CMD []");
  CHECK(config_of("CMD\n").cmd == Texts{"/bin/sh", "-c", ""});
}

TEST_CASE("ENTRYPOINT clears a CMD that was inherited, not one of its stage",
          "[plan][D219][D220][D221]") {
  tests::FakeImages images;
  store::ContainerConfig base;
  base.cmd = {"inherited"};
  images.add("base", base);
  CHECK_FALSE(plan_of("FROM base\nENTRYPOINT x\n", images).config.config.cmd);
  CHECK_FALSE(plan_of("FROM base AS a\nCMD x\nFROM a\nENTRYPOINT y\n", images)
                  .config.config.cmd);
  const auto both =
      plan_of("FROM base\nCMD [\"c\"]\nENTRYPOINT [\"e\"]\n", images)
          .config.config;
  CHECK(both.cmd == Texts{"c"});
  CHECK(both.entrypoint == Texts{"e"});
}

TEST_CASE("SHELL is for all later text, also in stages built on this one",
          "[plan][D222][D212]") {
  const auto plan = plan_of(
      "FROM base AS a\nSHELL [\"/bin/bash\", \"-ec\"]\nRUN x\nFROM a\nCMD y\n");
  CHECK(plan.config.config.shell == Texts{"/bin/bash", "-ec"});
  CHECK(plan.config.config.cmd == Texts{"/bin/bash", "-ec", "y"});
  CHECK(history_of(plan) == Texts{"SHELL [/bin/bash -ec]",
                                  "RUN /bin/bash -ec x # buildkit",
                                  "CMD [\"/bin/bash\" \"-ec\" \"y\"]"});
}

TEST_CASE("USER is kept as written and is RUN's", "[plan][D225][D213]") {
  CHECK(config_of("ARG U=app\nUSER $U:users\n").user == "app:users");
  CHECK(last_text("USER 1000:5\n") == "USER 1000:5");
  CHECK(config_of("USER a\nUSER ${NONE}\n").user.empty());
  CHECK(tests::operation_of<builder::ExecOp>(
            plan_of("FROM base\nUSER a:b\nRUN x\n"))
            .user == "a:b");
}

TEST_CASE("WORKDIR joins relative paths and keeps absolute ones as written",
          "[plan][D226][D227][D228][D213]") {
  CHECK(config_of("WORKDIR a\nWORKDIR ../b/./c\n").working_dir == "/b/c");
  CHECK(config_of("WORKDIR /foo/\n").working_dir == "/foo/");
  CHECK(config_of("WORKDIR /a/../b\n").working_dir == "/a/../b");
  CHECK(config_of("WORKDIR /a\nWORKDIR $NONE\n").working_dir == "/a");
  CHECK(last_text("WORKDIR /a\nWORKDIR b\n") == "WORKDIR /a/b");
  CHECK(last_text("WORKDIR $NONE\n") == "WORKDIR /");
  CHECK(tests::operation_of<builder::ExecOp>(
            plan_of("FROM base\nWORKDIR /a/../b/\nRUN x\n"))
            .working_dir == "/b");
}

TEST_CASE("a drive letter is a relative name", "[plan][D232]") {
  CHECK(config_of("WORKDIR C:\\foo\n").working_dir == "/C:foo");
  CHECK(config_of("WORKDIR 'C:\\foo'\n").working_dir == "/C:\\foo");
}

TEST_CASE("WORKDIR makes a layer unless it is the root", "[plan][D204][D229]") {
  const auto plan = plan_of("FROM base\nWORKDIR /\nWORKDIR /a\n");
  REQUIRE(plan.history.size() == 2);
  CHECK(plan.history[0].entry.empty_layer);
  CHECK(plan.history[1].vertex == 1);
  CHECK_FALSE(plan.history[1].entry.empty_layer);
}

TEST_CASE("LABEL adds to the base's labels and replaces equal keys",
          "[plan][D205][D233]") {
  tests::FakeImages images;
  store::ContainerConfig base;
  base.labels = {{"a", "1"}, {"b", "2"}};
  images.add("base", base);
  const auto plan =
      plan_of("FROM base\nENV V=v\nLABEL b=\"x $V\" c=\nLABEL d e f\n", images);
  CHECK(plan.config.config.labels ==
        std::map<std::string, std::string>{
            {"a", "1"}, {"b", "x v"}, {"c", ""}, {"d", "e f"}});
  CHECK(history_of(plan) == Texts{"ENV V=v", "LABEL b=x v c=", "LABEL d=e f"});
}

TEST_CASE("a blank name of a variable or label is refused",
          "[plan][D134][D235]") {
  CHECK_THAT(plan_error("FROM base\nLABEL a=1 \"$N\"=x\n"),
             Contains("Dockerfile:2:11: LABEL name is empty"));
  CHECK_THAT(plan_error("FROM base\nENV $N=x\n"),
             Contains("Dockerfile:2:5: ENV name is empty"));
}

TEST_CASE("EXPOSE splits what a variable holds, and ranges",
          "[plan][D98][D236][D237][D212]") {
  const auto plan =
      plan_of("FROM base\nARG P=\"80 53/UDP\"\nEXPOSE $P 8000-8001/tcp\n");
  CHECK(plan.config.config.exposed_ports ==
        std::set<std::string>{"53/udp", "80/tcp", "8000/tcp", "8001/tcp"});
  CHECK(history_of(plan).back() == "EXPOSE [80/tcp 53/udp 8000/tcp 8001/tcp]");
  CHECK_THAT(plan_error("FROM base\nEXPOSE 80 nine\n"),
             Contains("Dockerfile:2:11:"));
}

TEST_CASE("history has the ports of EXPOSE as they were written",
          "[plan][D212]") {
  CHECK(last_text("EXPOSE 90 80 90\n") == "EXPOSE [90/tcp 80/tcp 90/tcp]");
  CHECK(last_text("EXPOSE $NONE\n") == "EXPOSE []");
  std::string many = "EXPOSE";
  for (int i = 0; i < 20; ++i) many += " 0-65535";
  CHECK_THAT(plan_error("FROM base\n" + many + "\n"),
             Contains("EXPOSE lists more than 1048576 ports"));
}

TEST_CASE("VOLUME trims its words, not what a variable holds", "[plan][D240]") {
  CHECK(config_of("VOLUME [\" /a \", \"/b\"]\n").volumes ==
        std::set<std::string>{"/a", "/b"});
  CHECK(config_of("ENV B=\" \"\nVOLUME $B\n").volumes ==
        std::set<std::string>{" "});
}

TEST_CASE("VOLUME takes JSON or words, none of them empty",
          "[plan][D240][D212]") {
  CHECK(config_of("VOLUME [\"/b\", \"/a c\"]\n").volumes ==
        std::set<std::string>{"/a c", "/b"});
  CHECK(last_text("VOLUME /b /a\n") == "VOLUME [/b /a]");
  CHECK_THAT(plan_error("FROM base\nVOLUME /a $NONE\n"),
             Contains("Dockerfile:2:11: VOLUME path is empty"));
}

TEST_CASE("STOPSIGNAL takes any spelling of a signal and keeps it",
          "[plan][D242][D213]") {
  CHECK(config_of("STOPSIGNAL sigterm\n").stop_signal == "sigterm");
  CHECK(last_text("ARG S=9\nSTOPSIGNAL $S\n") == "STOPSIGNAL 9");
  CHECK_THAT(plan_error("FROM base\nSTOPSIGNAL SIGNOPE\n"),
             Contains("Dockerfile:2:12:"));
}

TEST_CASE("MAINTAINER is the image's author, not expanded",
          "[plan][D243][D85]") {
  const auto plan = plan_of("FROM base\nMAINTAINER a $b\n");
  CHECK(plan.config.author == "a $b");
  CHECK(history_of(plan) == Texts{"MAINTAINER a $b"});
}

TEST_CASE("HEALTHCHECK replaces the inherited one whole",
          "[plan][D245][D246][D248][D249]") {
  tests::FakeImages images;
  store::ContainerConfig base;
  base.healthcheck = store::Healthcheck{{"CMD", "old"}, seconds(9), seconds(9),
                                        seconds(9),     seconds(9), 9};
  images.add("base", base);
  const auto check =
      plan_of("FROM base\nHEALTHCHECK --interval=1m30s --retries=3 CMD x y\n",
              images)
          .config.config.healthcheck;
  REQUIRE(check);
  CHECK(check->test == Texts{"CMD-SHELL", "x y"});
  CHECK(check->interval == seconds(90));
  CHECK(check->timeout == seconds(0));
  CHECK(check->retries == 3);
  CHECK(plan_of("FROM base\nHEALTHCHECK none\n", images)
            .config.config.healthcheck->test == Texts{"NONE"});
  CHECK(config_of("HEALTHCHECK CMD [\"a\", \"b\"]\n").healthcheck->test ==
        Texts{"CMD", "a", "b"});
}

TEST_CASE("what a health check cannot be is refused",
          "[plan][D244][D247][D248]") {
  for (const char* wrong :
       {"FOO x", "CMD", "CMD []", "NONE x", "--interval=10us CMD x",
        "--timeout=-1s CMD x", "--retries=-1 CMD x", "--retries=1.5 CMD x",
        "--start-period=x CMD x"}) {
    INFO(wrong);
    CHECK_THAT(
        plan_error(std::string("FROM base\nHEALTHCHECK ") + wrong + "\n"),
        Contains("Dockerfile:2:"));
  }
  const auto check = config_of("HEALTHCHECK --interval=0 --retries=0 CMD x\n");
  CHECK(check.healthcheck == store::Healthcheck{{"CMD-SHELL", "x"}});
}

TEST_CASE("flags before HEALTHCHECK NONE mean nothing", "[plan][D244]") {
  CHECK(
      config_of("HEALTHCHECK --interval=soon --retries=x None\n").healthcheck ==
      store::Healthcheck{{"NONE"}});
}

TEST_CASE("a health check's text gets no shell, not even that of SHELL",
          "[plan][D224]") {
  CHECK(config_of("SHELL [\"/bin/x\"]\nHEALTHCHECK CMD a  b $C\n")
            .healthcheck->test == Texts{"CMD-SHELL", "a  b $C"});
}

TEST_CASE("without SHELL text runs in sh", "[plan][D223]") {
  CHECK(config_of("CMD x\n").cmd == Texts{"/bin/sh", "-c", "x"});
  CHECK(config_of("ENTRYPOINT x\n").entrypoint == Texts{"/bin/sh", "-c", "x"});
  for (const char* wrong : {"SHELL /bin/sh -c", "SHELL []", "SHELL"}) {
    CHECK_THAT(plan_error(std::string("FROM base\n") + wrong + "\n"),
               Contains("SHELL needs a JSON list"));
  }
}

TEST_CASE("labels follow FROM and not COPY --from", "[plan][D233][D234]") {
  const auto plan = plan_of(
      "FROM base AS one\nLABEL a=1\nFROM base AS two\nLABEL b=1\nFROM one\n"
      "COPY --from=two x /\n");
  CHECK(plan.config.config.labels ==
        std::map<std::string, std::string>{{"a", "1"}});
}

TEST_CASE("what is not expanded stays as it was written",
          "[plan][D85][D86][D87]") {
  const auto plan = plan_of(
      "FROM base\nENV A=1\nRUN $A\nCMD [\"$A\"]\nENTRYPOINT $A\n"
      "SHELL [\"$A\"]\nHEALTHCHECK CMD $A\nONBUILD RUN $A\n");
  const auto& config = plan.config.config;
  CHECK(tests::operation_of<builder::ExecOp>(plan).args.back() == "$A");
  CHECK(config.cmd == Texts{"$A"});
  CHECK(config.entrypoint->back() == "$A");
  CHECK(config.shell == Texts{"$A"});
  CHECK(config.healthcheck->test.back() == "$A");
  CHECK(config.on_build == Texts{"RUN $A"});
  CHECK_THAT(plan_error("FROM base AS a\nFROM base\nCOPY --from=$a x /\n"),
             Contains("FROM image AS alias"));
  CHECK_THAT(plan_error("FROM base\nRUN --mount=target=/m,from=$a x\n"),
             Contains("FROM image AS alias"));
}

TEST_CASE("what is expanded sees the variables before the instruction",
          "[plan][D84][D88]") {
  const auto plan = plan_of(
      "FROM base\nARG A=1 D=/d\nENV A=2 B=$A\nLABEL l$A=$A m=${B}\n"
      "EXPOSE $A\nSTOPSIGNAL $A\nUSER $A:$B\nVOLUME $D\nWORKDIR $D\n"
      "COPY --chown=$A --chmod=64$A a$A $D/$B\nADD b$A $D\n"
      "RUN --mount=type=cache,target=$D/c,id=$A x\n");
  const auto& config = plan.config.config;
  CHECK(config.labels ==
        std::map<std::string, std::string>{{"l2", "2"}, {"m", "1"}});
  CHECK(config.exposed_ports == std::set<std::string>{"2/tcp"});
  CHECK(config.stop_signal == "2");
  CHECK(config.user == "2:1");
  CHECK(config.volumes == std::set<std::string>{"/d"});
  CHECK(config.working_dir == "/d");
  const auto& copy = tests::operation_of<builder::CopyOp>(plan);
  CHECK(copy.sources.at(0).path == "a2");
  CHECK(copy.destination == "/d/1");
  CHECK(copy.chown == "2");
  CHECK(copy.chmod->render() == parser::FileMode(0642).render());
  const auto& run = tests::operation_of<builder::ExecOp>(plan);
  CHECK(run.mounts.at(0).target == "/d/c");
}

TEST_CASE("history shows a health check with Go's durations", "[plan][D214]") {
  CHECK(last_text("HEALTHCHECK --interval=5m CMD curl x\n") ==
        "HEALTHCHECK {Test:[CMD-SHELL curl x] Interval:5m0s Timeout:0s "
        "StartPeriod:0s StartInterval:0s Retries:0}");
  CHECK(last_text("HEALTHCHECK --interval=1h --timeout=1.5s "
                  "--start-period=90m --start-interval=1500us --retries=2 "
                  "CMD x\n") ==
        "HEALTHCHECK {Test:[CMD-SHELL x] Interval:1h0m0s Timeout:1.5s "
        "StartPeriod:1h30m0s StartInterval:1.5ms Retries:2}");
  CHECK(last_text("HEALTHCHECK NONE\n") ==
        "HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s "
        "StartInterval:0s Retries:0}");
}

TEST_CASE("ONBUILD keeps the instruction and leaves no history",
          "[plan][D420][D203][D83]") {
  const auto plan =
      plan_of("FROM base\nONBUILD RUN a \\\n  b\nONBUILD RUN <<E\nx\nE\n");
  CHECK(plan.config.config.on_build == Texts{"RUN a   b", "RUN <<E\nx\nE"});
  CHECK(plan.history.empty());
}

TEST_CASE("history names the files a COPY was told of, with its owner flags",
          "[plan][D210]") {
  CHECK(last_text("ARG F=a\nCOPY --link --chown=1:2 --chmod=0644 $F b d/\n") ==
        "COPY --chown=1:2 --chmod=0644 a b d/ # buildkit");
  CHECK(last_text("ADD a <<X /d/\nbody\nX\n") == "ADD a <<X /d/ # buildkit");
}

TEST_CASE("RUN hands a lone heredoc to the shell, or runs it as a script",
          "[plan][D76][D78][D209]") {
  CHECK(last_text("RUN <<EOF\necho $x\nEOF\n") ==
        "RUN /bin/sh -c echo $x\n # buildkit");
  const auto plan = plan_of("FROM base\nRUN <<\"E F\"\n#!/bin/awk\nx\nE F\n");
  const auto& run = tests::operation_of<builder::ExecOp>(plan);
  CHECK(run.args == Texts{"/bin/sh", "-c", "/dev/pipes/E F"});
  REQUIRE(run.script);
  CHECK(run.script->content == "#!/bin/awk\nx\n");
  CHECK(history_of(plan).back() == "RUN /bin/sh -c /dev/pipes/E F # buildkit");
}

TEST_CASE("other heredocs of RUN reach the shell as they were written",
          "[plan][D80]") {
  const auto plan =
      plan_of("FROM base\nRUN cat <<A - <<-'B'\n1\nA\n\t2\n\tB\n");
  CHECK(tests::operation_of<builder::ExecOp>(plan).args.back() ==
        "cat <<A - <<-'B'\n1\nA\n\t2\nB");
}

TEST_CASE("COPY heredocs are files, expanded unless quoted",
          "[plan][D69][D72][D74][D75]") {
  const auto plan =
      plan_of("FROM base\nENV V=1\nCOPY <<A x <<'B' /d/\n$V \"q\"\nA\n$V\nB\n");
  const auto& copy = tests::operation_of<builder::CopyOp>(plan);
  CHECK(tests::paths_of(copy) == Texts{"x"});
  REQUIRE(copy.inline_files.size() == 2);
  CHECK(copy.inline_files[0].name == "A");
  CHECK(copy.inline_files[0].content == "1 \"q\"\n");
  CHECK(copy.inline_files[1].content == "$V\n");
}

TEST_CASE("in JSON a word that looks like a heredoc is a file's name",
          "[plan][D58]") {
  const auto plan = plan_of("FROM base\nCOPY [\"<<A\", \"/d/\"]\n");
  CHECK(tests::paths_of(tests::operation_of<builder::CopyOp>(plan)) ==
        Texts{"<<A"});
}

TEST_CASE("a destination is a directory by its ending", "[plan][D343][D344]") {
  const auto destination = [](const char* text) {
    const auto plan =
        plan_of(std::string("FROM base\nWORKDIR /w\nCOPY a ") + text + "\n");
    const auto& copy = tests::operation_of<builder::CopyOp>(plan);
    return copy.destination + (copy.destination_is_directory ? " dir" : "");
  };
  CHECK(destination("b") == "/w/b");
  CHECK(destination("/b") == "/b");
  CHECK(destination(".") == "/w dir");
  CHECK(destination("$NONE") == "/w dir");
  CHECK(destination("b/") == "/w/b dir");
  CHECK(destination("b/.") == "/w/b dir");
  CHECK(destination("../../..") == "/");
}

TEST_CASE("COPY keeps a mode in letters, and one left empty is none",
          "[plan][D361][D362]") {
  const auto mode = [](const char* flag) {
    const auto plan =
        plan_of(std::string("FROM base\nARG M\nCOPY ") + flag + " a /\n");
    const auto& chmod = tests::operation_of<builder::CopyOp>(plan).chmod;
    return chmod ? chmod->render() : "none";
  };
  CHECK(mode("--chmod=u=rwX,go=rX") == "u=rwX,go=rX");
  CHECK(mode("--chmod=0755") == "755");
  CHECK(mode("--chmod=$M") == "none");
}

TEST_CASE("COPY and ADD have their own flags, a source and a destination",
          "[plan][D71][D322][D323]") {
  plan_of(
      "FROM base\nCOPY --from=base --chown=1 --chmod=1 --link --parents "
      "--exclude=a --exclude=b x /\n");
  plan_of(
      "FROM base\nADD --chown=1 --chmod=1 --link --unpack=false "
      "--exclude=a [\"x y\", \"/\"]\n");
  for (const char* line :
       {"COPY --unpack a /", "COPY --checksum=sha256:00 a /",
        "ADD --from=base a /", "ADD --parents a /", "COPY --chown=1 a", "ADD a",
        "COPY [\"a\"]", "COPY a <<E\nx\nE"}) {
    INFO(line);
    CHECK_THAT(plan_error(std::string("FROM base\n") + line + "\n"),
               Contains("Dockerfile:2:"));
  }
}

TEST_CASE("with --parents the destination is a directory however it ends",
          "[plan][D369]") {
  const auto plan = plan_of("FROM base\nCOPY --parents a b /x\n");
  const auto& copy = tests::operation_of<builder::CopyOp>(plan);
  CHECK(copy.keeps_parents);
  CHECK(copy.destination_is_directory);
}

TEST_CASE("COPY's flags and words are checked before anything runs",
          "[plan][D342][D361][D366][D472]") {
  CHECK_THAT(plan_error("FROM base\nARG U=http://x\nCOPY $U/y /\n"),
             Contains("Dockerfile:3:6: COPY cannot fetch \"http://x/y\"\n"
                      "ADD can"));
  CHECK_THAT(plan_error("FROM base\nCOPY --chmod=99 a /\n"),
             Contains("Dockerfile:2:14:"));
  CHECK_THAT(plan_error("FROM base\nCOPY --chmod=17777 a /\n"),
             Contains("Dockerfile:2:14:"));
  CHECK_THAT(plan_error("FROM base\nCOPY --chmod=u+x,g~w a /\n"),
             Contains("Dockerfile:2:19: mode \"u+x,g~w\" has \"~\""));
  CHECK_THAT(plan_error("FROM base\nCOPY --link --chown=app a /\n"),
             Contains("--link cannot look up names"));
  CHECK_THAT(plan_error("FROM base\nCOPY a[ /\n"), Contains("Dockerfile:2:"));
  CHECK_THAT(plan_error("FROM base\nCOPY --exclude=b[ a /\n"),
             Contains("Dockerfile:2:16:"));
}

// What single instructions ask of their arguments.
#include <catch2/catch.hpp>
#include <string>

#include "parse_for_test.h"

using Catch::Contains;
using Catch::StartsWith;
using parser::Form;
using parser::Instruction;
using tests::args_of;
using tests::error_of;
using tests::parse;
using tests::parse_one;
using tests::Texts;

namespace {

std::string refusal(const std::string& line) {
  return error_of("FROM a\n" + line);
}

}  // namespace

TEST_CASE("an ARG names one variable or several, none of them empty",
          "[D116]") {
  CHECK(args_of("ARG a") == Texts{"a"});
  CHECK(args_of("ARG a=1 b c=") == Texts{"a=1", "b", "c="});
  CHECK_THAT(refusal("ARG"), Contains("ARG needs a name"));
  CHECK_THAT(refusal("ARG =1"), Contains("has no name"));
  CHECK_THAT(refusal("ARG a =1"), StartsWith("2:7-2:9: "));
}

TEST_CASE("only ARG stands before the first FROM", "[D155]") {
  CHECK(parse("ARG a\n# c\nARG b\nFROM a").stages.size() == 1);
  CHECK_THAT(error_of("RUN x\nFROM a"),
             StartsWith("1:1-1:6: RUN stands before the first FROM"));
  CHECK_THAT(error_of("ARG a\nENV b=c\nFROM a"), StartsWith("2:1-2:8: "));
  CHECK_THAT(error_of("ARG a"), Contains("holds no FROM"));
}

TEST_CASE("a stage's name is lower-cased and begins with a letter", "[D156]") {
  const auto name_of = [](const std::string& name) {
    return parse("FROM a AS " + name).stages[0].name.value();
  };
  CHECK(name_of("Build") == "build");
  CHECK(name_of("a-b_c.1") == "a-b_c.1");
  for (const char* const name :
       {"1", "1st", "-a", "_a", "a/b", "a:b", "\u00e9"}) {
    INFO(name);
    CHECK_THAT(error_of("FROM a AS " + std::string(name)),
               Contains("is not valid"));
  }
}

TEST_CASE("stages are numbered from 0, named or not", "[D157]") {
  const auto file = parse("ARG x\nFROM a\nRUN x\nFROM b AS c\nFROM d");
  REQUIRE(file.stages.size() == 3);
  CHECK(file.stages[1].index == 1);
  CHECK(file.stages[1].name == "c");
  CHECK_FALSE(file.stages[2].name);
  CHECK(file.stages[2].from == 4);
  CHECK_FALSE(file.instructions[0].stage);
  CHECK(file.instructions[2].stage == 0);
  CHECK(file.instructions[4].stage == 2);
}

TEST_CASE("a health check has a command or is NONE", "[D244]") {
  CHECK(args_of("HEALTHCHECK --retries=1 cmd a  b") == Texts{"CMD", "a  b"});
  CHECK(args_of("HEALTHCHECK CMD [\"a\", \"b\"]") == Texts{"CMD", "a", "b"});
  CHECK(args_of("HEALTHCHECK --interval=5s none") == Texts{"NONE"});
  CHECK_THAT(refusal("HEALTHCHECK curl x"), StartsWith("2:13-2:17: "));
  CHECK_THAT(refusal("HEALTHCHECK CMD"), Contains("has no command"));
  CHECK_THAT(refusal("HEALTHCHECK CMD []"), Contains("has no command"));
  CHECK_THAT(refusal("HEALTHCHECK NONE x"), Contains("takes no arguments"));
  CHECK_THAT(refusal("HEALTHCHECK"), Contains("has no check"));
}

TEST_CASE("a health check's durations are 0 or at least a millisecond",
          "[D246][D247]") {
  CHECK(
      parse_one("HEALTHCHECK --interval=0s --timeout=1ms CMD x").flags.size() ==
      2);
  CHECK_THAT(refusal("HEALTHCHECK --start-interval=999us CMD x"),
             StartsWith("2:13-2:35: ") && Contains("below 1ms"));
  CHECK_THAT(refusal("HEALTHCHECK --timeout=-1s CMD x"), Contains("below 1ms"));
  CHECK_THAT(refusal("HEALTHCHECK --interval=5 CMD x"),
             Contains("not a duration"));
}

TEST_CASE("RUN takes text, a list or a heredoc, and text as it was joined",
          "[D250][D252][D253]") {
  const Instruction text = parse_one("RUN a \"$b\" \\\n  'c\\d' \\\\ # e");
  CHECK(text.form == Form::shell);
  CHECK(args_of(text) == Texts{"a \"$b\"   'c\\d' \\\\ # e"});
  CHECK(args_of("RUN [\"a\", \"$b\"]") == Texts{"a", "$b"});
  CHECK(parse_one("RUN <<E\nx\nE").is_sole_heredoc());
  CHECK(args_of("RUN") == Texts{""});
  CHECK_THAT(refusal("RUN []"), StartsWith("2:5-2:7: RUN [] runs nothing"));
}

TEST_CASE("a RUN has one network and one security mode", "[D258]") {
  CHECK(parse_one("RUN --mount=target=/a --mount=target=/b --device=c "
                  "--device=d --network=none --security=sandbox x")
            .flags.size() == 6);
  CHECK_THAT(refusal("RUN --network=none --network=none x"),
             StartsWith("2:20-2:34: ") && Contains("given twice"));
  CHECK_THAT(refusal("RUN --security=sandbox --security=sandbox x"),
             Contains("given twice"));
}

TEST_CASE("COPY and ADD take sources and a destination, as words or a list",
          "[D322]") {
  CHECK(args_of("COPY a b c") == Texts{"a", "b", "c"});
  CHECK(args_of("ADD [\"a b\", \"c\"]") == Texts{"a b", "c"});
  for (const char* const line :
       {"COPY", "COPY a", "ADD a", "COPY [\"a\"]", "COPY []", "ADD --link a"}) {
    INFO(line);
    CHECK_THAT(refusal(line),
               Contains("needs at least one source and a destination"));
  }
}

TEST_CASE("COPY and ADD know the flags that are theirs", "[D323]") {
  CHECK(parse_one("COPY --from=a --chown=b --chmod=1 --link --parents "
                  "--exclude=c x y")
            .flags.size() == 6);
  CHECK(parse_one("ADD --chown=b --chmod=1 --link --exclude=c "
                  "--checksum=sha256:0 --keep-git-dir --unpack=false x y")
            .flags.size() == 7);
  for (const char* const line :
       {"COPY --checksum=a x y", "COPY --unpack x y", "COPY --keep-git-dir x y",
        "ADD --from=a x y", "ADD --parents x y"}) {
    INFO(line);
    CHECK_THAT(refusal(line), Contains("unknown flag"));
  }
}

// The comments at the top of a file that mean something.
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "parse_for_test.h"

using Catch::Contains;
using Catch::StartsWith;
using tests::args_of;
using tests::error_of;
using tests::parse;
using tests::Texts;

namespace {

using Directives = std::map<std::string, std::string>;

Directives directives_of(const std::string& top) {
  return parse(top + "FROM a\n").directives;
}

}  // namespace

TEST_CASE("directives are the unbroken run of such comments on top",
          "[D23][D28]") {
  CHECK(directives_of("# syntax=a\n# escape=`\n# check=skip=all\n") ==
        Directives{{"syntax", "a"}, {"escape", "`"}, {"check", "skip=all"}});
  CHECK(parse("# syntax=a\n# c\nFROM a").instructions[0].comments ==
        Texts{"c"});
}

TEST_CASE("any other line ends the directives, without error", "[D24][D28]") {
  for (const char* const line :
       {"\n", "# a comment\n", "# platform=x\n", "ARG a\n", "#\n", " \n"}) {
    INFO(line);
    CHECK(directives_of(std::string(line) + "# escape=`\n").empty());
    CHECK(directives_of("# syntax=a\n" + std::string(line) +
                        "# escape=`\n# escape=x\n# syntax=b\n") ==
          Directives{{"syntax", "a"}});
  }
}

TEST_CASE("blanks around a directive's parts do not count", "[D25]") {
  CHECK(directives_of(" \t#\t syntax \t= a b \t\r\n") ==
        Directives{{"syntax", "a b"}});
  CHECK(directives_of("#escape=`\n") == Directives{{"escape", "`"}});
  CHECK(directives_of("# syntax=\n").empty());
  CHECK(directives_of("# syntax= \t\r\n# escape=`\n").empty());
  // It cannot be continued.
  CHECK(directives_of("# syntax=a \\\n# escape=`\n") ==
        Directives{{"syntax", "a \\"}, {"escape", "`"}});
}

TEST_CASE("a directive's name has any case, its value keeps its own", "[D26]") {
  CHECK(directives_of("# SynTax=My/Image\n") ==
        Directives{{"syntax", "My/Image"}});
}

TEST_CASE("a directive is given once", "[D27]") {
  CHECK(error_of("# escape=`\n# Escape=`\nFROM a") ==
        "2:10-2:11: directive \"escape\" is given twice");
  CHECK_THAT(error_of("# syntax=a\n# syntax=a\nFROM a"),
             Contains("given twice"));
}

TEST_CASE("the escape character is a backslash or a backtick", "[D29]") {
  CHECK(parse("# escape=\\\nFROM a").escape == '\\');
  CHECK(parse("FROM a").escape == '\\');
  CHECK_THAT(error_of("# escape=x\nFROM a"),
             StartsWith("1:10-1:11: escape character \"x\" is neither"));
  CHECK_THAT(error_of("# escape=``\nFROM a"), StartsWith("1:10-1:12: "));
}

TEST_CASE("the escape character rules lines and words, but not heredocs",
          "[D29][D30]") {
  const auto file = parse(
      "# escape=`\nFROM a\nRUN dir C:\\ `\n  /b\nENV A=b` c D=\\ E=`\"\n"
      "RUN --mount=type=cache,target=/a` b x\nCOPY <<`E <<\\F /d/\n"
      "1\n`E\n2\nF\nRUN x\\\n");
  const auto& all = file.instructions;
  REQUIRE(all.size() == 6);
  CHECK(args_of(all[1]) == Texts{"dir C:\\   /b"});
  CHECK(args_of(all[2]) == Texts{"A", "b` c", "D", "\\", "E", "`\""});
  CHECK(all[3].flags[0].value == "type=cache,target=/a b");
  CHECK(all[4].heredocs[0].name == "`E");
  CHECK(all[4].heredocs[1].name == "F");
  CHECK(args_of(all[5]) == Texts{"x\\"});
}

TEST_CASE("behind a #! line syntax and check are read, escape is not",
          "[D34][D35]") {
  const auto file = parse(
      "#!/usr/bin/env x\n# syntax=a\n# check=skip=all\n# escape=`\n"
      "FROM a\nRUN x`\nRUN y");
  CHECK(file.directives == Directives{{"syntax", "a"}, {"check", "skip=all"}});
  CHECK(file.escape == '\\');
  CHECK(file.instructions.size() == 3);
}

TEST_CASE("what a check directive may hold is known", "[D38][D443][D474]") {
  for (const char* const value :
       {"skip=A", "skip=A,B;error=true", "error=FALSE", "experimental=all",
        " skip = A ; error = true ", "skip=NoSuchRule"}) {
    INFO(value);
    CHECK(directives_of("# check=" + std::string(value) + "\n").size() == 1);
  }
  const auto refusal = [](const std::string& value) {
    return error_of("# check=" + value + "\nFROM a");
  };
  CHECK_THAT(refusal("skp=A"), Contains("did you mean \"skip\"?"));
  CHECK_THAT(refusal("skip"), Contains("\"skip\" has no value"));
  CHECK_THAT(refusal("error=maybe"), Contains("true or false"));
  CHECK_THAT(refusal("skip=A;what=b"), Contains("unknown check option"));
}

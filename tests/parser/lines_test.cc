// What is a line, a comment, a continuation.
#include <catch2/catch.hpp>

#include "parse_for_test.h"
#include "parser/syntax_error.h"

using Catch::Contains;
using Catch::StartsWith;
using parser::Form;
using parser::Keyword;
using tests::args_of;
using tests::error_of;
using tests::parse;
using tests::parse_body;
using tests::parse_one;
using tests::Texts;

TEST_CASE("a byte order mark is dropped before a directive is looked for",
          "[D1]") {
  const auto file = parse("\xef\xbb\xbf# escape=`\nFROM a\nRUN x `\ny\n");
  CHECK(file.escape == '`');
  CHECK(args_of(file.instructions[1]) == Texts{"x y"});
  CHECK(parse("\xef\xbb\xbf"
              "FROM a")
            .instructions[0]
            .range.start == parser::Position{1, 1});
  // Only the first line's, and only one.
  CHECK_THAT(error_of("FROM a\n\xef\xbb\xbfRUN x"),
             Contains("unknown instruction"));
}

TEST_CASE("carriage returns at line ends are no text, but a body keeps them",
          "[D2][D66]") {
  const auto body = parse_body("RUN x \\\r\ny\r\nRUN <<E\r\nz\r\nE\r\nCMD w\r");
  REQUIRE(body.size() == 3);
  CHECK(args_of(body[0]) == Texts{"x y"});
  CHECK(body[1].heredocs[0].content == "z\r\n");
  CHECK(args_of(body[2]) == Texts{"w"});
  CHECK(args_of("RUN a\rb\r\r\n") == Texts{"a\rb"});
}

TEST_CASE("a last line needs no line end", "[D3]") {
  CHECK(args_of("RUN x") == Texts{"x"});
  CHECK(parse("FROM a").stages.size() == 1);
  CHECK(parse_one("RUN <<E\nx\nE").heredocs[0].content == "x\n");
}

TEST_CASE("white space before an instruction or a comment is ignored",
          "[D6][D7]") {
  const auto body = parse_body(" \t RUN x\n \t # c\n\xc2\xa0RUN y\n\v\fRUN z");
  REQUIRE(body.size() == 3);
  CHECK(body[1].comments == Texts{"c"});
  CHECK(body[1].keyword == Keyword::run);
  CHECK(body[0].range.start == parser::Position{2, 4});
}

TEST_CASE("a number sign begins a comment only at the start of a line",
          "[D7][D8]") {
  CHECK(args_of("RUN echo a # b") == Texts{"echo a # b"});
  CHECK(args_of("RUN echo \\\n  # gone\n  a#b") == Texts{"echo   a#b"});
  CHECK_THAT(error_of("FROM a\nENV A=1 # x"), StartsWith("2:9-2:10: "));
  CHECK(parse_one("RUN <<E\n# x\nE").heredocs[0].content == "# x\n");
}

TEST_CASE("blank lines between instructions are ignored", "[D9]") {
  CHECK(parse_body("\n \t\n\r\nRUN x\n\n\nRUN y\n\n").size() == 2);
}

TEST_CASE("a file without an instruction is refused as empty", "[D10]") {
  for (const char* const text : {"", "\n\n", "# only\n", "# escape=`\n\n \t\n",
                                 "\xef\xbb\xbf", "\\\n"}) {
    INFO(text);
    CHECK_THAT(error_of(text), Contains("file holds no instruction"));
  }
}

TEST_CASE("an unknown instruction is refused with the nearest one's name",
          "[D12][D474]") {
  CHECK(error_of("FROM a\nRUNN x") ==
        "2:1-2:5: unknown instruction \"RUNN\"; did you mean \"RUN\"?");
  CHECK_THAT(error_of("FROM a\n  coyp x y"), Contains("\"COPY\""));
  CHECK_THAT(error_of("FROM a\nfrobnicate x"),
             StartsWith("2:1-2:11: unknown instruction \"frobnicate\""));
}

TEST_CASE("the name is the first word, the rest its trimmed text", "[D13]") {
  const auto run = parse_one("RUN\t \v echo  a \t \f\v\xc2\xa0\xe3\x80\x80");
  CHECK(run.keyword == Keyword::run);
  CHECK(run.text == "echo  a");
  CHECK(parse_one("RUN").text.empty());
}

TEST_CASE("an escape character at the end of a line continues it",
          "[D14][D16]") {
  CHECK(args_of("RUN ab\\\ncd") == Texts{"abcd"});
  CHECK(args_of("RUN ab\\ \t \n\t cd") == Texts{"ab\t cd"});
  CHECK(args_of("RUN a\\\n\\\n  \\\nb") == Texts{"a  b"});
  CHECK(args_of("RU\\\nN x") == Texts{"x"});
  // Only blanks may stand behind it.
  CHECK(parse_body("RUN a\\\xc2\xa0\nRUN b").size() == 2);
  CHECK(parse_body("RUN a\\ # c\nRUN b").size() == 2);
}

TEST_CASE("two escape characters are text, one behind text goes on", "[D15]") {
  const auto body = parse_body("RUN a\\\\\nRUN b\\\\\\\nRUN c\\ \\\n d");
  REQUIRE(body.size() == 3);
  CHECK(args_of(body[0]) == Texts{"a\\\\"});
  CHECK(args_of(body[1]) == Texts{"b\\\\\\"});
  CHECK(args_of(body[2]) == Texts{"c\\  d"});
}

TEST_CASE("comments and blank lines inside a continuation are dropped",
          "[D17][D18]") {
  const auto file =
      parse("FROM a\nRUN x \\\n# c \\\n \t# d\n\n  \r\n\xc2\xa0\n y \\\n#e\nz");
  REQUIRE(file.instructions.size() == 2);
  CHECK(args_of(file.instructions[1]) == Texts{"x  y z"});
}

TEST_CASE("a continuation may run into the end of the file", "[D19]") {
  CHECK(args_of("RUN x \\") == Texts{"x"});
  CHECK(args_of("RUN x \\\n\n# c\n") == Texts{"x"});
  CHECK(parse_one("RUN x \\\n  \\\n").range.end == parser::Position{3, 4});
}

TEST_CASE("an instruction spans all its physical lines", "[D20]") {
  const auto body = parse_body("RUN x \\\n  y\n\n  RUN <<E\nz\nE\nRUN w");
  CHECK(body[0].range.start.line == 2);
  CHECK(body[0].range.end == parser::Position{3, 4});
  CHECK(body[1].range.start == parser::Position{5, 3});
  CHECK(body[1].range.end == parser::Position{7, 2});
  CHECK(body[2].range.start.line == 8);
}

TEST_CASE("an empty comment and an instruction cut a description", "[D22]") {
  const auto describe = [](const std::string& above) {
    return parse(above + "FROM a AS x\n").instructions.back().comments;
  };
  CHECK(describe("# a\n# b\n") == Texts{"a", "b"});
  CHECK(describe("# a\n#\n# b\n") == Texts{"b"});
  CHECK(describe("# a\n\n# b\n") == Texts{"a", "b"});
  CHECK(describe("# a\nARG x\n# b\n") == Texts{"b"});
  CHECK(describe("# escape=`\n# b\n") == Texts{"b"});
}

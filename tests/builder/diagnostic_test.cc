// Errors that point into a Dockerfile.
#include "builder/diagnostic.h"

#include <catch2/catch.hpp>

#include "builder/source_words.h"

using builder::error_at;
using Catch::Contains;
using parser::Range;
using parser::SyntaxError;
using parser::Word;

namespace {

builder::SourceFile file_of(const std::string& text) {
  return builder::parse_source("Dockerfile", text);
}

std::string excerpt(const std::string& text, const Range& range) {
  return error_at(file_of(text), range, "x").excerpt();
}

}  // namespace

TEST_CASE("an error names file, line and column and marks the words",
          "[diagnostic][D470]") {
  const auto error = error_at(file_of("FROM base\nRUN make it\n"),
                              {{2, 5}, {2, 9}}, "no make", "get one");
  CHECK(error.kind() == base::ErrorKind::invalid_dockerfile);
  CHECK(error.message() == "Dockerfile:2:5: no make");
  CHECK(error.hint() == "get one");
  CHECK(error.excerpt() ==
        "   2 | RUN make it\n"
        "     |     ^~~~\n");
}

TEST_CASE("a range of several lines is marked on its first", "[diagnostic]") {
  CHECK(excerpt("FROM base\nRUN a \\\n  b\n", {{2, 5}, {3, 4}}) ==
        "   2 | RUN a \\\n"
        "     |     ^~~\n");
}

TEST_CASE("the caret stands under the character, not under the byte",
          "[diagnostic]") {
  CHECK(excerpt("FROM base\n\tRUN \xc3\xa9\xc3\xa9 x\n", {{2, 11}, {2, 12}}) ==
        "   2 |  RUN \xc3\xa9\xc3\xa9 x\n"
        "     |         ^\n");
}

TEST_CASE("the caret stands right below lines of any number", "[diagnostic]") {
  CHECK(excerpt("FROM base" + std::string(123455, '\n') + "RUN make\n",
                {{123456, 5}, {123456, 9}}) ==
        "123456 | RUN make\n"
        "       |     ^~~~\n");
}

TEST_CASE("credentials in a shown line are masked, byte by byte",
          "[diagnostic][D390]") {
  CHECK(excerpt("FROM base\nADD http://me:pw@host/ /\n", {{2, 5}, {2, 23}}) ==
        "   2 | ADD http://xxxxx@host/ /\n"
        "     |     ^~~~~~~~~~~~~~~~~~\n");
}

TEST_CASE("an empty range still has its caret", "[diagnostic]") {
  CHECK(excerpt("FROM base\n", {{1, 10}, {1, 10}}) ==
        "   1 | FROM base\n"
        "     |          ^\n");
}

TEST_CASE("bytes that a terminal would obey are not handed to it",
          "[diagnostic]") {
  CHECK_THAT(excerpt("FROM base\nRUN \x1b[31m\n", {{2, 1}, {2, 2}}),
             Contains("RUN ?[31m") && !Contains("\x1b"));
}

TEST_CASE("of a long line the part around the fault is shown", "[diagnostic]") {
  const std::string text =
      "FROM base\nRUN " + std::string(500, 'a') + "B" + std::string(500, 'c');
  const std::string shown = excerpt(text, {{2, 505}, {2, 506}});
  const std::size_t line_end = shown.find('\n');
  CHECK(line_end < 180);
  CHECK(shown[shown.find('^') - line_end - 1] == 'B');
}

TEST_CASE("a file that does not parse is shown as an editor shows it",
          "[diagnostic][D470]") {
  try {
    file_of(
        "\xef\xbb\xbf"
        "FROM base\r\nRUNN x\r\n");
    FAIL("it parsed");
  } catch (const base::Error& error) {
    CHECK_THAT(error.message(), Contains("Dockerfile:2:1: "));
    CHECK(error.excerpt() ==
          "   2 | RUNN x\n"
          "     | ^~~~\n");
  }
}

TEST_CASE("a fault counted from a word's start is found in the word",
          "[diagnostic]") {
  const auto file = file_of("FROM base\nENV A=b${c\n");
  const Word word{"b${c", {{2, 7}, {2, 11}}};
  CHECK(error_at(file, word, SyntaxError({{1, 2}, {1, 5}}, "open")).message() ==
        "Dockerfile:2:8: open");
}

TEST_CASE("a word that was joined from lines is marked whole", "[diagnostic]") {
  const auto file = file_of("FROM base\nENV A=b\\\n${c\n");
  const Word word{"b${c", {{2, 7}, {3, 4}}};
  const auto error =
      error_at(file, word, SyntaxError({{1, 2}, {1, 5}}, "open"));
  CHECK(error.message() == "Dockerfile:2:7: open");
}

TEST_CASE("a part of a word has its own place only when nothing was taken out",
          "[diagnostic]") {
  const Word plain{"name=value", {{3, 5}, {3, 15}}};
  CHECK(builder::part_of(plain, 5).text == "value");
  CHECK(builder::part_of(plain, 5).range == Range{{3, 10}, {3, 15}});
  CHECK(builder::part_of(plain, 0, 4).range == Range{{3, 5}, {3, 9}});
  const Word joined{"name=value", {{3, 5}, {4, 6}}};
  CHECK(builder::part_of(joined, 5).text == "value");
  CHECK(builder::part_of(joined, 5).range == joined.range);
}

TEST_CASE("a flag's value has its place unless quotes were taken away",
          "[diagnostic]") {
  const parser::Flag plain{"from", "x", "--from=x", {{2, 6}, {2, 14}}};
  CHECK(builder::value_of(plain).range == Range{{2, 13}, {2, 14}});
  const parser::Flag quoted{"from", "x y", "--from=\"x y\"", {{2, 6}, {2, 18}}};
  CHECK(builder::value_of(quoted).text == "x y");
  CHECK(builder::value_of(quoted).range == quoted.range);
}

#include "parser/ignore_file.h"

#include <catch2/catch.hpp>
#include <string>

#include "parser/syntax_error.h"

namespace {

using parser::DoubleStar;
using parser::IgnoreFile;
using parser::PathPattern;
using parser::SyntaxError;

bool is_hidden(std::string_view rules, std::string_view path) {
  return IgnoreFile::parse(rules).excludes(path);
}

bool matches(std::string_view pattern, std::string_view path) {
  return PathPattern(pattern).matches(path);
}

bool copy_matches(std::string_view pattern, std::string_view path) {
  return PathPattern(pattern, DoubleStar::one_part).matches(path);
}

bool enters(std::string_view rules, std::string_view directory) {
  const IgnoreFile file = IgnoreFile::parse(rules);
  return file.may_reinclude_below(directory, file.decide(directory));
}

std::string error_of(std::string_view rules) {
  try {
    IgnoreFile::parse(rules);
  } catch (const SyntaxError& error) {
    return std::to_string(error.range().start.line) + ":" +
           std::to_string(error.range().start.column) + ": " + error.message();
  }
  return "no error";
}

}  // namespace

TEST_CASE("an ignore file's marks, comments and blanks hide nothing",
          "[D404]") {
  const std::string rules =
      "\xef\xbb\xbf"
      "# a\r\n\n  b  \r\n # x\n";
  CHECK_FALSE(is_hidden(rules, "a"));
  CHECK(is_hidden(rules, "b"));
  CHECK(is_hidden(rules, "# x"));
  CHECK(IgnoreFile::parse("# only\n\n").empty());
}

TEST_CASE("a pattern is cleaned as a path", "[D405]") {
  CHECK(is_hidden("./a//b/", "a/b"));
  CHECK(is_hidden("/a", "a"));
  CHECK(is_hidden("a/../b", "b"));
  CHECK_FALSE(is_hidden("../b", "b"));
}

TEST_CASE("a pattern starts at the root unless it says otherwise", "[D406]") {
  CHECK(is_hidden("foo", "foo"));
  CHECK_FALSE(is_hidden("foo", "a/foo"));
  CHECK(is_hidden("**/foo", "a/foo"));
}

TEST_CASE("stars and classes stay within a part, two stars do not", "[D407]") {
  CHECK(matches("a*", "abc"));
  CHECK_FALSE(matches("a*", "a/c"));
  CHECK(matches("*/*.c", "x/y.c"));
  CHECK(matches("?b", "ab"));
  CHECK(matches("?", "\u00e9"));
  CHECK_FALSE(matches("a?b", "a/b"));
  CHECK(matches("[a-c]x", "bx"));
  CHECK_FALSE(matches("[^a-c]x", "bx"));
  CHECK(matches("[^a]", "\u00e9"));
  CHECK(matches("[[]0].txt", "[0].txt"));
  CHECK(matches("\\*", "*"));
  CHECK_FALSE(matches("\\*", "a"));
  CHECK(matches("**/foo", "foo"));
  CHECK(matches("**/foo", "a/b/foo"));
  CHECK_FALSE(matches("**/foo", "afoo"));
  CHECK(matches("a/**/b", "a/b"));
  CHECK(matches("a/**/b", "a/x/y/b"));
  CHECK_FALSE(matches("a/**/b", "a/xb"));
  CHECK(matches("**file", "d/d/file"));
  CHECK(matches("**/*.c", "x.c"));
}

TEST_CASE("two stars at the end hit everything below", "[D408]") {
  CHECK(matches("a/**", "a/b/c"));
  CHECK_FALSE(matches("a/**", "a"));
  CHECK(is_hidden("**", "a/b"));
  CHECK(is_hidden("*", "a/b"));
}

TEST_CASE("a hit directory takes all below, until an exception", "[D409]") {
  const std::string rules = "a\n!a/b\na/b/c\n";
  CHECK(is_hidden(rules, "a/x"));
  CHECK_FALSE(is_hidden(rules, "a/b"));
  CHECK_FALSE(is_hidden(rules, "a/b/x"));
  CHECK(is_hidden(rules, "a/b/c/d"));
}

TEST_CASE("the last pattern that matches a path or a parent decides",
          "[D410]") {
  CHECK(is_hidden("!a\na\n", "a"));
  CHECK_FALSE(is_hidden("a\n!a\n", "a"));
  CHECK_FALSE(is_hidden("*.md\n!README.md\n", "README.md"));
  CHECK(IgnoreFile::parse("x\n\na\n").decide("a/b").line() == 3);
  CHECK(IgnoreFile::parse("a\n!a\n").decide("a").line() == 0);
}

TEST_CASE("an ignored directory is entered where an exception could reach",
          "[D411]") {
  const std::string wide = "*\n!a/b/c\n!**/*.md\n";
  CHECK(enters(wide, "a"));
  CHECK(enters(wide, "a/b"));
  CHECK(enters(wide, "z"));
  const std::string narrow = "*\n!a/b/c\n";
  CHECK_FALSE(enters(narrow, "z"));
  CHECK_FALSE(enters(narrow, "a/bc"));
  CHECK_FALSE(enters(narrow, "a/b/c"));
  CHECK_FALSE(enters("!a/b\na\n", "a"));
}

TEST_CASE("an exception may be parted from its mark, but not be nothing",
          "[D412]") {
  CHECK_FALSE(is_hidden("a\n! a\n", "a"));
  CHECK(error_of("a\n!\n") == "2:1: \"!\" is not followed by a pattern");
  CHECK(error_of("a\n\nx[a\n") == "3:1: class in a pattern is never closed");
  CHECK(error_of("[]\n") ==
        "1:1: class in a pattern has no member before \"]\"");
  CHECK(error_of("[b-a]\n") == "1:1: range in a pattern's class is empty");
  CHECK(error_of("a\\\n") == "1:1: pattern ends in a backslash");
}

TEST_CASE("a line is read after it is cleaned", "[D405][D412]") {
  CHECK(is_hidden("a /\n", "a"));
  CHECK(is_hidden("\u00a0a\u2003\n", "a"));
  CHECK_FALSE(is_hidden("a\n/!a\n", "a"));
  CHECK_FALSE(is_hidden("a\n./!a\n", "a"));
  CHECK_FALSE(is_hidden("a\n!a /\n", "a"));
  CHECK(is_hidden("\\!a\n", "!a"));
  CHECK(is_hidden("./#a\n", "#a"));
  CHECK(error_of("!/\n") == "1:1: \"!\" is not followed by a pattern");
  CHECK(error_of("a\n/!\n") == "2:1: \"!\" is not followed by a pattern");
  for (const char* nothing : {".", "/", "//", "a/..", "/..", "..", "!."}) {
    CHECK_FALSE(is_hidden(nothing, "a"));
  }
}

TEST_CASE("a rule that changes nothing is not asked", "[D410]") {
  // The last says nothing of "a", which is hidden already.
  CHECK_FALSE(is_hidden("a\n!a/b\na\n", "a/b"));
  CHECK(enters("a\n!a/b\na\n", "a"));
  CHECK(is_hidden("a\n!a/b\na\n", "a/c"));
  CHECK(is_hidden("a\n!a/b\na/*\n", "a/b"));
  // Nor the exception of "a", which is not hidden.
  CHECK(is_hidden("*/b\n!a\n", "a/b"));
  CHECK(IgnoreFile::parse("a\n!a/b\na/b/c\n").decide("a/b/c/d").line() == 3);
}

TEST_CASE("stars are read in pairs, and a class may match a slash", "[D407]") {
  CHECK(matches("a[^b]c", "a/c"));
  CHECK(matches("**foo", "afoo"));
  CHECK(matches("**foo", "d/afoo"));
  CHECK_FALSE(matches("**foo*", "afoo"));
  CHECK(matches("**foo*", "d/foo1"));
  CHECK(matches("a**", "ab/c"));
  CHECK(matches("a***b", "axb"));
  CHECK_FALSE(matches("***/b", "b"));
  CHECK(matches("***/b", "a/b"));
  CHECK(matches("****", "a/b"));
  CHECK_FALSE(matches("**/dir2/*", "dir/dir2/a/file"));
  CHECK_FALSE(matches("**/.foo", "bar.foo"));
  CHECK(matches("a.|)$(}+{bc", "a.|)$(}+{bc"));
  CHECK(matches("a\\\\", "a\\"));
  CHECK(matches("[a-\u03b6]*", "\u03b1"));
  CHECK(matches("[x\\-]", "-"));
  CHECK(matches("[*]", "*"));
  CHECK(matches("\\d", "d"));
  for (const char* malformed : {"[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]",
                                "[", "[^", "[^bc", "a[", "[o-O]"}) {
    CHECK(error_of(malformed) != "no error");
  }
}

TEST_CASE("matching minds the letter case", "[D413]") {
  CHECK_FALSE(is_hidden("a", "A"));
}

TEST_CASE("COPY's stars never cross a slash and its root is a wall",
          "[D324][D328]") {
  CHECK(copy_matches("**", "a"));
  CHECK_FALSE(copy_matches("**", "a/b"));
  CHECK_FALSE(copy_matches("**/a", "a"));
  CHECK(copy_matches("*", ".hidden"));
  CHECK(copy_matches("../../a*", "ab"));
  CHECK(PathPattern("/a/./b/", DoubleStar::one_part).literal() == "a/b");
  CHECK_FALSE(PathPattern("a/b").has_wildcard());
  CHECK(PathPattern("a/b*").has_wildcard());
}

TEST_CASE("a pattern says whether it could match below a directory", "[D328]") {
  CHECK(PathPattern("a/*/c").may_match_below("a"));
  CHECK(PathPattern("a/*/c").may_match_below("a/x"));
  CHECK_FALSE(PathPattern("a/*/c").may_match_below("b"));
  CHECK_FALSE(PathPattern("a/*").may_match_below("a/x"));
  CHECK(PathPattern("a").may_match_below(""));
}

TEST_CASE("patterns made to backtrack cost their length only", "[D407]") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "**/a*";
  const std::string path(4'000, 'a');
  CHECK_FALSE(matches(pattern + "b", path));
}

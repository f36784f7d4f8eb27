#include "parser/word.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "parser/syntax_error.h"

namespace {

using parser::SyntaxError;

// a=A, e= (empty), path, uni and star are set; u is not.
std::optional<std::string> look_up(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> values = {
      {"a", "A"},
      {"e", ""},
      {"path", "/usr/lib/lib.so.1"},
      {"uni", "\u00e9\u00e8"},
      {"star", "*"},
      {"ports", "80 443"},
      {"quoted", "'$a'"},
      {"\u00e9", "acute"}};
  const auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

std::string expand(std::string_view word, char escape = '\\') {
  return parser::expand_word(word, escape, look_up);
}

std::vector<std::string> expand_words(std::string_view word) {
  return parser::expand_to_words(word, '\\', look_up);
}

// The message, or "no error".
std::string error_of(std::string_view word) {
  try {
    expand(word);
  } catch (const SyntaxError& error) {
    return error.message();
  }
  return "no error";
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a variable's name is the longest run, or what braces hold",
          "[D90]") {
  CHECK(expand("$a") == "A");
  CHECK(expand("x${a}x") == "xAx");
  CHECK(expand("$a-$a.$a/") == "A-A.A/");
  CHECK(expand("$ab") == "");
  CHECK(expand("$\u00e9") == "acute");
  // What is no letter ends the name: a dash, a full-width comma, an emoji, a
  // combining mark, a stray byte.
  CHECK(expand("$a\u2014$a\uff0c$a\U0001f600$a\u0301$a\xff") ==
        "A\u2014A\uff0cA\U0001f600A\u0301A\xff");
  CHECK(expand("$a\u4e2d$a\u0663") == "");
}

TEST_CASE("positional and special parameters expand to nothing", "[D91]") {
  CHECK(expand("[$1][$12][$@][$*][$#][$?][$-][$$][$!][$0]") ==
        "[][][][][][][][][][]");
  CHECK(expand("${1}${@}${1:-d}") == "d");
}

TEST_CASE("a dollar sign before anything else is itself", "[D92]") {
  CHECK(expand("$") == "$");
  CHECK(expand("a$ b$.$/") == "a$ b$.$/");
}

TEST_CASE("an unset variable expands to nothing", "[D93]") {
  CHECK(expand("<$u${u}>") == "<>");
}

TEST_CASE("single quotes keep everything", "[D94]") {
  CHECK(expand("'$a \\ \"'x") == "$a \\ \"x");
}

TEST_CASE("double quotes expand and escape only three characters", "[D95]") {
  CHECK(expand(R"("$a \" \$a \\ \n '")") == R"(A " $a \ \n ')");
}

TEST_CASE("outside quotes the escape makes the next character literal",
          "[D96]") {
  CHECK(expand(R"(a\tb \$x \')") == "atb $x '");
  CHECK(expand("end\\") == "end");
  CHECK(expand("`$a \\ x", '`') == "$a \\ x");
}

TEST_CASE("a quote without its mate is refused where it opens", "[D97]") {
  CHECK(error_of("a'b") == "single quote is never closed");
  CHECK(error_of("ab\"c") == "double quote is never closed");
  try {
    expand("ab\"c");
    FAIL("accepted");
  } catch (const SyntaxError& error) {
    CHECK(error.range().start == parser::Position{1, 3});
  }
}

TEST_CASE("only expansion to words splits, and not what was quoted", "[D98]") {
  CHECK(expand("$ports") == "80 443");
  CHECK(expand_words("$ports") == Words{"80", "443"});
  CHECK(expand_words("\"$ports\" a\\ b 'c d'") ==
        Words{"80 443", "a b", "c d"});
  CHECK(expand_words("x$ports") == Words{"x80", "443"});
  CHECK(expand_words("$u $e").empty());
  CHECK(expand_words("\"\" a\"\" ''").size() == 1);
  CHECK(expand_words("80\u00a081\u3000\"82\u00a0\"") ==
        Words{"80", "81", "82\u00a0"});
  CHECK(expand("* ~ `id` $(id)") == "* ~ `id` $(id)");
}

TEST_CASE("what an expansion gives is not expanded again", "[D99]") {
  CHECK(expand("$quoted") == "'$a'");
}

TEST_CASE("a minus gives the word for an unset variable", "[D100][D101]") {
  CHECK(expand("${a:-w}${e:-w}${u:-w}") == "Aww");
  CHECK(expand("${a-w}${e-w}${u-w}") == "Aw");
}

TEST_CASE("a plus gives the word for a set variable", "[D102][D103]") {
  CHECK(expand("${a:+w}${e:+w}${u:+w}") == "w");
  CHECK(expand("${a+w}${e+w}${u+w}") == "ww");
}

TEST_CASE("a question mark stops at an unset variable", "[D104][D105]") {
  CHECK(expand("${a:?w}${a?w}${e?w}") == "AA");
  CHECK(error_of("${e:?no $a}") == "variable \"e\": no A");
  CHECK(error_of("${u?gone}") == "variable \"u\": gone");
  CHECK(error_of("${u?}") == "variable \"u\": is not set");
  CHECK(error_of("${e:?}") == "variable \"e\": is empty");
}

TEST_CASE("a modifier's word may nest, quote and escape", "[D106][D114]") {
  CHECK(expand("${u:-${e:-${a}}}") == "A");
  CHECK(expand("${u:-'}'}") == "}");
  CHECK(expand("${u:-\\}}") == "}");
  CHECK(expand("${u:-\"a b\"}") == "a b");
  CHECK(expand("${a:-}}") == "A}");
  CHECK(expand("\"${u:-\"$a\"}\"") == "A");
}

TEST_CASE("a branch that is not taken looks nothing up and fails nothing",
          "[D104]") {
  std::vector<std::string> seen;
  const auto note = [&](std::string_view name) {
    seen.emplace_back(name);
    return look_up(name);
  };
  CHECK(parser::expand_word("${a:-$u${u:?x}}${u+$a}", '\\', note) == "A");
  CHECK(seen == Words{"a", "u"});
}

TEST_CASE("a hash removes a prefix and a per cent sign a suffix",
          "[D107][D108]") {
  CHECK(expand("${path#*/}") == "usr/lib/lib.so.1");
  CHECK(expand("${path##*/}") == "lib.so.1");
  CHECK(expand("${path%.*}") == "/usr/lib/lib.so");
  CHECK(expand("${path%%.*}") == "/usr/lib/lib");
  CHECK(expand("${path#/???}") == "/lib/lib.so.1");
  CHECK(expand("${path#lib}${path%so}") == expand("$path$path"));
  CHECK(expand("${uni#?}") == "\u00e8");
  CHECK(expand("${u#x}${u%%x}") == "");
}

TEST_CASE("a slash replaces the first match, two every match", "[D109]") {
  CHECK(expand("${path/lib/x}") == "/usr/x/lib.so.1");
  CHECK(expand("${path//lib/x}") == "/usr/x/x.so.1");
  CHECK(expand("${path//l*b/x}") == "/usr/x.so.1");
  CHECK(expand("${path//lib/}") == "/usr//.so.1");
  CHECK(expand("${path//?/x}") == std::string(17, 'x'));
  CHECK(expand("${a//*/[$a]}") == "[A]");
}

TEST_CASE("a replacement needs its second slash and has no anchors", "[D110]") {
  for (const char* const word : {"${a/p}", "${a//p}", "${a//}", "${a/} x"}) {
    INFO(word);
    CHECK(error_of(word) == "replacement has no second \"/\"");
  }
  CHECK(error_of("${a/p") == "\"${\" is never closed");
  CHECK(error_of("${a/p/r") == "\"${\" is never closed");
  CHECK(expand("${a/}/x}${a/A}/x}") == "AA");
  CHECK(expand("${a/#A/x}${a/%A/x}") == "AA");
}

TEST_CASE("escapes in a pattern are literal and brackets are no classes",
          "[D111]") {
  const auto value = [](std::string_view text, std::string_view word) {
    return parser::expand_word(word, '\\', [&](std::string_view) {
      return std::optional<std::string>(text);
    });
  };
  CHECK(value("a*b", "${v/\\*/x}") == "axb");
  CHECK(value("a?b", "${v/\\?/x}") == "axb");
  CHECK(value("a\\b", "${v/\\\\/x}") == "axb");
  CHECK(value("a}b", "${v/\\}/x}") == "axb");
  CHECK(value("a/b", "${v/\\//x}") == "axb");
  CHECK(value("a[ab]", "${v/[ab]/x}") == "ax");
}

TEST_CASE("a backslash that escapes nothing in a pattern is refused",
          "[D111]") {
  for (const char* const word :
       {"${a#\\x}", "${a%\\$}", "${a/\\\"/x}", "${a//\\[/x}"}) {
    INFO(word);
    CHECK(error_of(word) == "backslash in a pattern escapes nothing");
  }
}

TEST_CASE("an escape in what replaces a match stays there", "[D109]") {
  CHECK(expand("${path//\\//\\/}") == "\\/usr\\/lib\\/lib.so.1");
  CHECK(expand("${a/A/\\}}") == "\\}");
  CHECK(expand("${a/A/'$a'\"$a\"}") == "$aA");
}

TEST_CASE("an empty pattern matches between all characters", "[D109]") {
  CHECK(expand("${path/$e/x}") == "x/usr/lib/lib.so.1");
  CHECK(expand("${ports//$e/.}") == ".8.0. .4.4.3.");
  CHECK(expand("${ports///}") == "80 443");
  CHECK(expand("${u///}${u//$e/}") == "");
  CHECK(expand("${uni//*/x}") == "x");
}

TEST_CASE("prefixes and suffixes are removed as BuildKit removes them",
          "[D107][D108][D111]") {
  const auto value = [](std::string_view text, std::string_view word) {
    return parser::expand_word(word, '\\', [&](std::string_view) {
      return std::optional<std::string>(text);
    });
  };
  CHECK(value("()[]{}^$.*?|\\x", "${v#()[]{\\}^$.\\*\\?|\\\\}") == "x");
  CHECK(value("xx**", "${v%%\\**}") == "xx");
  CHECK(value("xxyy", "${v#*x*y}") == "y");
  CHECK(value("xxyy", "${v##*x*y}") == "");
  CHECK(value("xxyy", "${v#*}") == "xxyy");
  CHECK(value("xxyy", "${v##*}") == "");
  CHECK(value("xxyy", "${v%*}") == "xxyy");
  CHECK(value("xxyy", "${v#}${v##}${v%}${v%%}") == "xxyyxxyyxxyyxxyy");
  CHECK(value("???y", "${v#?\\?}") == "?y");
  CHECK(value("a***yy*", "${v%%\\**\\*}") == "a");
  CHECK(value("/foo*/*/*.txt", "${v//\\*\\//.}") == "/foo..*.txt");
  CHECK(value("\u00e9\u00e8", "${v%?}") == "\u00e9");
}

TEST_CASE("glob characters out of a variable act in a pattern", "[D112]") {
  CHECK(expand("${path##$star/}") == "lib.so.1");
  CHECK(expand("${path/${u:-lib}/$a}") == "/usr/A/lib.so.1");
}

TEST_CASE("what no modifier is, is refused", "[D113]") {
  CHECK(error_of("${{a}}") == error_of("${}"));
  CHECK(error_of("${:-a}") == error_of("${}"));
  CHECK(error_of("${.}") == error_of("${}"));
  CHECK(error_of("${}") == "\"${\" is not followed by a variable's name");
  CHECK(error_of("${a") == "\"${\" is never closed");
  CHECK(error_of("${") == "\"${\" is never closed");
  CHECK(error_of("${a:-b") == "\"${\" is never closed");
  for (const char* const word :
       {"${a:#w}", "${a:%w}", "${a:/p/r}", "${a b}", "${a\u2014}", "${a:=w}",
        "${a=w}", "${a:1:2}", "${a^^}", "${a,}", "${!a}", "${#a}", "${a@Q}",
        "${a:}"}) {
    INFO(word);
    CHECK_THAT(error_of(word), Catch::StartsWith("unknown modifier"));
  }
}

TEST_CASE("an expanded heredoc keeps its quotes but not its escapes",
          "[D72][D73]") {
  const auto heredoc = [](std::string_view body) {
    return parser::expand_heredoc(body, look_up);
  };
  CHECK(heredoc("'$a' \"${a}\"\n") == "'A' \"A\"\n");
  CHECK(heredoc("\\\n") == "\n");
  CHECK(heredoc("\\\\\n") == "\\\n");
  CHECK(heredoc("\\$a\n") == "$a\n");
  CHECK(heredoc("a\\tb \\' x\\\ny\n") == "atb ' x\ny\n");
  CHECK(heredoc("it's ${u:-\"x\"}\n") == "it's \"x\"\n");
  CHECK(heredoc("${u:-\\}}\\") == "}");
}

TEST_CASE("an error in a heredoc names the line within it", "[D72]") {
  try {
    parser::expand_heredoc("a\nb ${a^}\n", look_up);
    FAIL("accepted");
  } catch (const SyntaxError& error) {
    CHECK(error.range().start == parser::Position{2, 3});
  }
}

TEST_CASE("deep nesting is refused, not followed", "[D106]") {
  std::string word;
  for (int i = 0; i < 200'000; ++i) word += "${a:-";
  CHECK(error_of(word) == "variables are nested deeper than 100 levels");
}

TEST_CASE("an escape at the end of a word is dropped, in any word of it",
          "[D96]") {
  CHECK(expand("a\\") == "a");
  CHECK(error_of("${u:-b\\") == "\"${\" is never closed");
}

TEST_CASE("a pattern whose work nobody would wait for is refused", "[D111]") {
  const std::string value(100'000, 'a');
  const auto same = [&](std::string_view) {
    return std::optional<std::string>(value);
  };
  const std::string word = "${v/" + std::string(50'000, 'a') + "b/x}";
  CHECK_THROWS_AS(parser::expand_word(word, '\\', same), SyntaxError);
}

TEST_CASE("patterns made to backtrack stay cheap", "[D111]") {
  const std::string value(20'000, 'a');
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  const auto same = [&](std::string_view) {
    return std::optional<std::string>(value);
  };
  const auto run = [&](const std::string& word) {
    return parser::expand_word(word, '\\', same);
  };
  CHECK(run("${v##" + pattern + "b}") == value);
  CHECK(run("${v//" + pattern + "b/x}") == value);
  CHECK(run("${v%%b" + pattern + "}") == value);
}

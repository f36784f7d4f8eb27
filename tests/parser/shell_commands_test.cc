#include "parser/shell_commands.h"

#include <catch2/catch.hpp>

namespace {

// Words joined by '|', commands by a line end.
std::string show(const std::vector<parser::ShellCommand>& commands) {
  std::string text;
  for (const parser::ShellCommand& command : commands) {
    for (const std::string& word : command) text += word + "|";
    text += "\n";
  }
  return text;
}

std::string split(const char* script) {
  return show(parser::split_shell_commands(script));
}

}  // namespace

TEST_CASE("a script falls into its commands", "[shell]") {
  CHECK(split("a b && c || d; e | f & g\nh") ==
        "a|b|\nc|\nd|\ne|\nf|\ng|\nh|\n");
  CHECK(split("(cd x; y)") == "cd|x|\ny|\n");
  CHECK(split("if a; then b; fi") == "a|\nb|\n");
  CHECK(split("A=1 B='2 3' sudo c -x") == "c|-x|\n");
  CHECK(split("") == "");
}

TEST_CASE("words keep their variables and lose their quotes", "[shell]") {
  CHECK(split("a \"b c\" 'd $e' f\\ g \"$h\"") == "a|b c|d $e|f g|$h|\n");
  CHECK(split("a '&&' b") == "a|&&|b|\n");
  CHECK(split("a # b && c\nd") == "a|\nd|\n");
  CHECK(split("a x#y") == "a|x#y|\n");
}

TEST_CASE("redirections are no words", "[shell]") {
  CHECK(split("a > b 2>/dev/null c") == "a|c|\n");
  CHECK(split("a 2>&1 b") == "a|b|\n");
  CHECK(split("a >> log && b") == "a|\nb|\n");
}

// What golden files show badly: huge and odd bytes, triggers, time.
#include "parser/dockerfile.h"

#include <catch2/catch.hpp>
#include <ctime>

#include "parser/render.h"
#include "parser/syntax_error.h"

namespace {

using parser::Dockerfile;
using parser::Instruction;
using parser::parse_dockerfile;
using parser::parse_trigger;
using parser::SyntaxError;

std::string repeat(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

std::string error_of(std::string_view text) {
  try {
    parse_dockerfile(text);
  } catch (const SyntaxError& error) {
    return error.message();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a line may be longer than any buffer", "[D4]") {
  const std::string word(5'000'000, 'x');
  const Dockerfile file = parse_dockerfile("FROM a\nRUN " + word);
  CHECK(file.instructions[1].args[0].text.size() == word.size());
}

TEST_CASE("NUL and bytes that are no UTF-8 pass through", "[D5]") {
  const std::string bytes("\0\xff\xc3 \x80", 5);
  const Dockerfile file = parse_dockerfile("FROM a\nRUN x" + bytes + "\n");
  CHECK(file.instructions[1].args[0].text == "x" + bytes);
}

TEST_CASE("instruction names match in any case and are kept as written",
          "[D11]") {
  const Dockerfile file = parse_dockerfile("from a\nRuN x\n");
  CHECK(file.instructions[1].keyword == parser::Keyword::run);
  CHECK(file.instructions[1].keyword_text == "RuN");
}

TEST_CASE("an error message shows no control bytes and cuts long words",
          "[D12]") {
  CHECK(error_of("FROM a\n\x1b[31m x\n") ==
        "unknown instruction \"\\x1b[31m\"");
  CHECK(error_of("FROM a\n" + std::string(1'000, 'X')).size() < 200);
}

TEST_CASE("physical lines are kept for excerpts", "[D20]") {
  const Dockerfile file = parse_dockerfile(
      "\xef\xbb\xbf"
      "FROM a\r\n\nRUN x");
  CHECK(file.lines == std::vector<std::string>{"FROM a", "", "RUN x"});
}

TEST_CASE("a description is the comment that begins with the name",
          "[D21][D22]") {
  const auto describe = [](const std::string& above) {
    return parse_dockerfile(above + "FROM a AS build\n").stages[0].description;
  };
  CHECK(describe("# build compiles\n") == "compiles");
  CHECK(describe("# build compiles\n\n") == "compiles");
  CHECK(describe("# build compiles\n# more\n") == "compiles");
  CHECK(describe("# Build compiles\n").empty());
  CHECK(describe("# build\n").empty());
  CHECK(describe("# builder compiles\n").empty());
  CHECK(describe("# build compiles\n#\n").empty());
  CHECK(describe("# build compiles\nARG x\n").empty());
}

TEST_CASE("a sole heredoc is told from a command with one", "[D76][D80]") {
  const auto is_sole = [](const std::string& line) {
    return parse_trigger("RUN " + line + "\nx\nE\n").is_sole_heredoc();
  };
  CHECK(is_sole("<<E"));
  CHECK(is_sole("--network=none  << E "));
  CHECK_FALSE(is_sole("cat <<E"));
  CHECK_FALSE(is_sole("<<E cat"));
}

TEST_CASE("a trigger reads back from the text ONBUILD stores", "[D83][D420]") {
  const Dockerfile file = parse_dockerfile(
      "FROM a\nONBUILD COPY --chown=1 <<-A b \\\n  /c\n\tx\n\tA\n");
  const Instruction& stored = *file.instructions[1].onbuild;
  const Instruction trigger = parse_trigger(render_instruction(stored));
  CHECK(render_instruction(stored) == file.instructions[1].text);
  CHECK(trigger.text == stored.text);
  CHECK(trigger.heredocs[0].content == "x\n");
  CHECK(trigger.args.size() == 3);
}

TEST_CASE("a trigger is one instruction that may be triggered", "[D421]") {
  CHECK_THROWS_AS(parse_trigger(""), SyntaxError);
  CHECK_THROWS_AS(parse_trigger("RUN a\nRUN b"), SyntaxError);
  CHECK_THROWS_AS(parse_trigger("FROM a"), SyntaxError);
  CHECK_THROWS_AS(parse_trigger("ONBUILD RUN a"), SyntaxError);
  CHECK_THROWS_AS(parse_trigger("MAINTAINER a"), SyntaxError);
}

TEST_CASE("deep nesting of any kind does not exhaust the stack", "[D50]") {
  const std::string brackets = repeat("[", 1'000'000);
  CHECK(parse_dockerfile("FROM a\nRUN " + brackets).instructions[1].form ==
        parser::Form::shell);
  CHECK(error_of("FROM a\n" + repeat("ONBUILD ", 1'000'000)) ==
        "ONBUILD cannot trigger ONBUILD");
  CHECK(error_of("FROM a\nRUN [" + repeat("[", 50) + repeat("]", 50) + "]") !=
        "no error");
}

TEST_CASE("finding the heredoc of each argument takes no square of them",
          "[heredoc]") {
  const std::size_t many = 100'000;
  const Dockerfile file = parse_dockerfile(
      "FROM a\nCOPY " + repeat("x <<a ", many) + "/x\n" + repeat("a\n", many));
  const Instruction& copy = file.instructions[1];
  const std::clock_t start = std::clock();
  std::size_t found = 0;
  for (const parser::Word& arg : copy.args) {
    if (copy.find_heredoc(arg) != nullptr) ++found;
  }
  CHECK(found == many);
  CHECK((std::clock() - start) / CLOCKS_PER_SEC < 5);
}

TEST_CASE("time grows with the file, not with its square") {
  // Each of these is quadratic to a reader that goes back over what it read.
  const std::size_t many = 150'000;
  const std::vector<std::string> files = {
      "FROM a\nRUN " + repeat("\\ ", many),
      "FROM a\nRUN " + repeat("\r", many) + "x",
      "FROM a\nRUN " + repeat("x\\\n", many),
      "FROM a\nRUN x\\\n" + repeat("# c\n\n", many),
      "FROM a\nRUN " + repeat("<< ", many),
      "FROM a\nRUN " + repeat("<<'", many),
      "FROM a\nRUN <<" + repeat("a", many) + "\n" + repeat("a\n", many) +
          repeat("a", many),
      "FROM a\nRUN [" + repeat("\"a\",", many) + "]",
      "FROM a\nRUN " + repeat("--mount=target=/a ", many / 10) + "x",
      "FROM a\nRUN " + repeat("<<a ", many / 10) + "\n" +
          repeat("a\n", many / 10),
      "FROM a\nENV " + repeat("a=b\\\n ", many) + "c=d",
      repeat("ARG a\n", many) + "FROM a",
      repeat("# c\n", many) + "FROM a",
      repeat(" ", many) + "FROM a",
      "FROM a\nEXPOSE " + repeat("0-65535 ", many),
  };
  for (const std::string& file : files) {
    INFO(file.substr(0, 40));
    // The processor's time, so that a busy machine does not matter. Each takes
    // less than a tenth of a second; squared, ten or more.
    const std::clock_t start = std::clock();
    error_of(file);
    CHECK((std::clock() - start) / CLOCKS_PER_SEC < 5);
  }
}

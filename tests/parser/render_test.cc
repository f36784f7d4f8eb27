// What is rendered parses to the same tree.
#include "parser/render.h"

#include <catch2/catch.hpp>

#include "dockerfile_generator.h"
#include "parser/syntax_error.h"
#include "tests/tree_difference.h"

namespace {

using parser::Dockerfile;

std::size_t count_heredocs(const Dockerfile& file) {
  std::size_t count = 0;
  for (const parser::Instruction& instruction : file.instructions) {
    count += instruction.heredocs.size();
    if (instruction.onbuild) count += instruction.onbuild->heredocs.size();
  }
  return count;
}

Dockerfile parse(const std::string& text, std::uint64_t seed) {
  try {
    return parser::parse_dockerfile(text);
  } catch (const parser::SyntaxError& error) {
    FAIL("seed " << seed << ", line " << error.range().start.line << ": "
                 << error.message() << "\n"
                 << text);
  }
  return {};
}

std::string round_trip(const std::string& text) {
  const Dockerfile first = parser::parse_dockerfile(text);
  return tests::find_difference(
      first, parser::parse_dockerfile(parser::render_dockerfile(first)));
}

}  // namespace

TEST_CASE("a thousand real-world Dockerfiles survive rendering and parsing") {
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    const tests::GeneratedDockerfile made = tests::generate_dockerfile(seed);
    const Dockerfile first = parse(made.text, seed);
    const std::string rendered = parser::render_dockerfile(first);
    const Dockerfile second = parse(rendered, seed);
    const std::string difference = tests::find_difference(first, second);
    const bool is_whole = first.stages.size() == made.stages &&
                          first.instructions.size() == made.instructions &&
                          count_heredocs(first) == made.heredocs &&
                          first.escape == made.escape;
    if (difference.empty() && is_whole) continue;
    FAIL("seed " << seed << ": "
                 << (is_whole ? difference : "parts are missing")
                 << "\n---- generated\n"
                 << made.text << "\n---- rendered\n"
                 << rendered);
  }
}

TEST_CASE("comments that look like directives stay comments when rendered") {
  CHECK(round_trip("\n# escape=`\n# syntax=x\nFROM a\nRUN x\\\ny") == "");
  CHECK(round_trip("# syntax=a\n\n# escape=`\nARG x\nFROM a") == "");
}

TEST_CASE("a line that ends in an escape character is rendered as such") {
  CHECK(round_trip("FROM a\nRUN x\\\u00a0\nRUN y\\\v\nRUN \\\f\nRUN z") == "");
  CHECK(round_trip("FROM a\nRUN cat <<E \\\u00a0\nx\nE\nRUN y") == "");
  CHECK(round_trip("# escape=`\nFROM a\nRUN x`\u3000\nRUN y\\") == "");
  CHECK(round_trip("FROM a\nRUN x\\\\\nRUN y\\\\\\\nRUN z\\") == "");
}

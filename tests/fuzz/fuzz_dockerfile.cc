// Any bytes parse or are refused; what parses, renders and parses again to the
// same; every range lies within the file.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "parser/dockerfile.h"
#include "parser/render.h"
#include "parser/syntax_error.h"
#include "require.h"
#include "tests/tree_difference.h"

namespace {

using fuzz::require;
using parser::Dockerfile;
using parser::Instruction;

void check_range(const Dockerfile& file, const parser::Range& range) {
  require(range.start <= range.end, "a range is not turned round");
  require(range.start.line >= 1 && range.start.column >= 1, "counts from 1");
  require(range.end.line <= file.lines.size(), "a range is in the file");
}

void check_ranges(const Dockerfile& file, const Instruction& instruction) {
  check_range(file, instruction.range);
  for (const auto& flag : instruction.flags) check_range(file, flag.range);
  for (const auto& arg : instruction.args) check_range(file, arg.range);
  for (const auto& heredoc : instruction.heredocs) {
    check_range(file, heredoc.range);
    check_range(file, heredoc.start.range);
  }
  if (instruction.onbuild) check_ranges(file, *instruction.onbuild);
}

void check_whole(const Dockerfile& file) {
  require(!file.stages.empty(), "there is a stage");
  for (const Instruction& instruction : file.instructions) {
    check_ranges(file, instruction);
  }
  const Dockerfile again =
      parser::parse_dockerfile(parser::render_dockerfile(file));
  const std::string difference = tests::find_difference(file, again);
  require(difference.empty(), difference.c_str());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Dockerfile file;
  try {
    file = parser::parse_dockerfile(text);
  } catch (const parser::SyntaxError& error) {
    require(!error.message().empty(), "an error says something");
    require(error.range().start <= error.range().end, "an error has a place");
    return 0;
  }
  check_whole(file);
  return 0;
}

#include "parser/render.h"

#include <algorithm>
#include <string_view>

namespace parser {

namespace {

// A line that ended in one escape character, which nothing continued: the last
// of a file, or one with white space behind it that is no blank.
bool ends_in_escape(std::string_view line, char escape) {
  const std::size_t last = line.find_last_not_of(escape);
  const std::size_t escapes =
      line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return escapes == 1;
}

}  // namespace

std::string render_instruction(const Instruction& instruction, char escape) {
  std::string result = instruction.keyword_text;
  if (instruction.text.empty()) return result;
  result += ' ';
  result += instruction.text;
  const std::size_t line_end = std::min(result.find('\n'), result.size());
  if (ends_in_escape(std::string_view(result).substr(0, line_end), escape)) {
    // White space that continues no line, and is trimmed when read.
    result.insert(line_end, 1, '\v');
  }
  return result;
}

std::string render_dockerfile(const Dockerfile& file) {
  std::string result;
  for (const auto& [name, value] : file.directives) {
    result += "# " + name + "=" + value + "\n";
  }
  // A comment that looks like a directive must not become one.
  if (!file.instructions.empty() &&
      !file.instructions.front().comments.empty()) {
    result += '\n';
  }
  for (const Instruction& instruction : file.instructions) {
    for (const std::string& comment : instruction.comments) {
      result += "# " + comment + "\n";
    }
    result += render_instruction(instruction, file.escape);
    result += '\n';
  }
  return result;
}

}  // namespace parser

#include "parser/render.h"

namespace parser {

namespace {

// Only the end of a file lets an instruction end in one escape character. A
// second one, parted by a blank, is that end again.
bool ends_in_escape(const std::string& text, char escape) {
  const std::size_t last = text.find_last_not_of(escape);
  const std::size_t escapes =
      text.size() - (last == std::string::npos ? 0 : last + 1);
  return escapes == 1;
}

}  // namespace

std::string render_instruction(const Instruction& instruction) {
  std::string result = instruction.keyword_text;
  if (!instruction.text.empty()) result += " " + instruction.text;
  return result;
}

std::string render_dockerfile(const Dockerfile& file) {
  std::string result;
  for (const auto& [name, value] : file.directives) {
    result += "# " + name + "=" + value + "\n";
  }
  for (const Instruction& instruction : file.instructions) {
    result += render_instruction(instruction);
    if (instruction.heredocs.empty() &&
        ends_in_escape(instruction.text, file.escape)) {
      result += std::string(" ") + file.escape;
    }
    result += '\n';
  }
  return result;
}

}  // namespace parser

#include "tree_dump.h"

#include <sstream>

namespace tests {

namespace {

using parser::Form;
using parser::Heredoc;
using parser::Instruction;
using parser::Range;

std::string show(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '\t') {
      result += "\\t";
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string show(const Range& range) {
  std::ostringstream out;
  out << range.start.line << ':' << range.start.column << '-' << range.end.line
      << ':' << range.end.column;
  return out.str();
}

std::string_view show(Form form) {
  switch (form) {
    case Form::none:
      return "none";
    case Form::shell:
      return "shell";
    case Form::exec:
      return "exec";
    case Form::list:
      return "list";
    case Form::pairs:
      return "pairs";
  }
  return "?";
}

void dump(const Instruction& instruction, const std::string& indent,
          std::ostream& out) {
  out << indent << render_keyword(instruction.keyword) << ' '
      << show(instruction.form) << ' ' << show(instruction.range) << '\n';
  const std::string inner = indent + "  ";
  if (instruction.is_legacy_pair) out << inner << "legacy pair\n";
  if (instruction.blank_line) {
    out << inner << "blank line " << *instruction.blank_line << '\n';
  }
  for (const std::string& comment : instruction.comments) {
    out << inner << "comment " << show(comment) << '\n';
  }
  for (const parser::Flag& flag : instruction.flags) {
    out << inner << "flag " << flag.name;
    if (flag.value) out << " = " << show(*flag.value);
    out << ' ' << show(flag.range) << '\n';
  }
  for (const parser::Word& arg : instruction.args) {
    out << inner << show(arg.text) << ' ' << show(arg.range);
    if (instruction.find_heredoc(arg) != nullptr) out << " heredoc";
    out << '\n';
  }
  for (const Heredoc& heredoc : instruction.heredocs) {
    out << inner << "heredoc " << show(heredoc.name) << " fd " << heredoc.fd
        << (heredoc.expand ? " expand" : " literal")
        << (heredoc.chomp ? " chomp " : " ") << show(heredoc.range) << ' '
        << show(heredoc.content) << '\n';
  }
  if (instruction.onbuild) dump(*instruction.onbuild, inner, out);
  out << inner << "text " << show(instruction.text) << '\n';
}

}  // namespace

std::string dump_instruction(const Instruction& instruction) {
  std::ostringstream out;
  dump(instruction, "", out);
  return out.str();
}

std::string dump_tree(const parser::Dockerfile& file) {
  std::ostringstream out;
  out << "escape " << file.escape << '\n';
  for (const auto& [name, value] : file.directives) {
    out << "directive " << name << " = " << show(value) << '\n';
  }
  for (const parser::Stage& stage : file.stages) {
    out << "stage " << stage.index << " from " << stage.from << " base "
        << show(stage.base);
    if (stage.name) out << " name " << *stage.name;
    if (stage.platform) out << " platform " << show(*stage.platform);
    if (!stage.description.empty()) out << " is " << show(stage.description);
    out << '\n';
  }
  for (const Instruction& instruction : file.instructions) {
    if (instruction.stage) out << *instruction.stage << ' ';
    dump(instruction, "", out);
  }
  return out.str();
}

}  // namespace tests

// What most parser tests start from: a text in, an instruction or an error out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser/dockerfile.h"
#include "parser/syntax_error.h"

namespace tests {

using Texts = std::vector<std::string>;

inline parser::Dockerfile parse(std::string_view text) {
  return parser::parse_dockerfile(text);
}

// The instructions behind "FROM a".
inline std::vector<parser::Instruction> parse_body(const std::string& text) {
  parser::Dockerfile file = parse("FROM a\n" + text);
  file.instructions.erase(file.instructions.begin());
  return std::move(file.instructions);
}

// The only instruction behind "FROM a".
inline parser::Instruction parse_one(const std::string& text) {
  std::vector<parser::Instruction> all = parse_body(text);
  return all.size() == 1 ? std::move(all.front()) : parser::Instruction();
}

inline Texts args_of(const parser::Instruction& instruction) {
  Texts texts;
  for (const parser::Word& word : instruction.args) texts.push_back(word.text);
  return texts;
}
inline Texts args_of(const std::string& text) {
  return args_of(parse_one(text));
}

// "line:column-line:column: message; hint" of the error, or "no error".
inline std::string error_of(std::string_view text) {
  try {
    parse(text);
    return "no error";
  } catch (const parser::SyntaxError& error) {
    const auto show = [](const parser::Position& at) {
      return std::to_string(at.line) + ":" + std::to_string(at.column);
    };
    std::string shown = show(error.range().start) + "-" +
                        show(error.range().end) + ": " + error.message();
    if (!error.hint().empty()) shown += "; " + error.hint();
    return shown;
  }
}

}  // namespace tests

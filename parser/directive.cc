#include "parser/directive.h"

#include "parser/ascii.h"
#include "parser/lint_options.h"
#include "parser/syntax_error.h"

namespace parser {

void check_directive(std::string_view name, std::string_view value,
                     Range range) {
  if (name == "escape" && value != "\\" && value != "`") {
    throw SyntaxError(range, "escape character " + quote_word(value) +
                                 " is neither a backslash nor a backtick");
  }
  if (name != "check") return;
  try {
    parse_lint_options(value);
  } catch (const SyntaxError& error) {
    const auto move = [&](Position at) {
      return Position{range.start.line, range.start.column + at.column - 1};
    };
    throw error.at({move(error.range().start), move(error.range().end)});
  }
}

}  // namespace parser

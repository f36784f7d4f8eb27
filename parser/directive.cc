#include "parser/directive.h"

#include <array>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

// One `key=value` of a check directive.
void check_option(std::string_view option, Range range) {
  constexpr std::array<std::string_view, 3> kKeys = {"skip", "error",
                                                     "experimental"};
  const std::size_t equals = option.find('=');
  if (equals == std::string_view::npos) {
    throw SyntaxError(range,
                      "check option " + quote_word(option) + " has no value",
                      "options are skip=…, error=… and experimental=…");
  }
  const std::string_view key = trim_blanks(option.substr(0, equals));
  const std::string_view value = trim_blanks(option.substr(equals + 1));
  if (key == "skip" || key == "experimental") return;
  if (key == "error") {
    if (equal_ignoring_case(value, "true") ||
        equal_ignoring_case(value, "false")) {
      return;
    }
    throw SyntaxError(range, "check option \"error\" is true or false, not " +
                                 quote_word(value));
  }
  const std::string nearest = find_nearest(
      key, std::vector<std::string_view>(kKeys.begin(), kKeys.end()));
  throw SyntaxError(range, "unknown check option " + quote_word(key),
                    nearest.empty()
                        ? "options are skip=…, error=… and experimental=…"
                        : "did you mean \"" + nearest + "\"?");
}

}  // namespace

void check_directive(std::string_view name, std::string_view value,
                     Range range) {
  if (name == "escape" && value != "\\" && value != "`") {
    throw SyntaxError(range, "escape character " + quote_word(value) +
                                 " is neither a backslash nor a backtick");
  }
  if (name != "check") return;
  while (!value.empty()) {
    const std::size_t semicolon = value.find(';');
    const std::string_view option = trim_blanks(value.substr(0, semicolon));
    if (!option.empty()) check_option(option, range);
    if (semicolon == std::string_view::npos) break;
    value.remove_prefix(semicolon + 1);
  }
}

}  // namespace parser

#include "parser/lint_options.h"

#include <array>
#include <optional>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

constexpr std::string_view kOptionsHint =
    "options are skip=…, error=… and experimental=…";

Range range_of(std::string_view part, std::string_view whole) {
  const auto begin = static_cast<std::uint32_t>(part.data() - whole.data());
  const auto size = static_cast<std::uint32_t>(part.size());
  return Range{{1, begin + 1}, {1, begin + size + 1}};
}

// Calls with each part between separators, trimmed; an empty text is one part.
template <typename Take>
void split(std::string_view text, char separator, Take take) {
  for (;;) {
    const std::size_t end = text.find(separator);
    take(trim_blanks(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

RuleNames read_names(std::string_view text) {
  RuleNames rules;
  if (text == "all") {
    rules.is_all = true;
    return rules;
  }
  split(text, ',', [&](std::string_view name) { rules.names.emplace(name); });
  return rules;
}

// As Go's ParseBool reads it.
std::optional<bool> read_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

// One `key=value`.
void read_option(std::string_view option, Range range, LintOptions& options) {
  const std::size_t equals = option.find('=');
  if (equals == std::string_view::npos) {
    throw SyntaxError(range,
                      "check option " + quote_word(option) + " has no value",
                      std::string(kOptionsHint));
  }
  const std::string_view key = trim_blanks(option.substr(0, equals));
  const std::string_view value = trim_blanks(option.substr(equals + 1));
  if (key == "skip") {
    options.skip = read_names(value);
  } else if (key == "experimental") {
    options.experimental = read_names(value);
  } else if (key == "error") {
    const std::optional<bool> is_error = read_bool(value);
    if (!is_error) {
      throw SyntaxError(range, "check option \"error\" is true or false, not " +
                                   quote_word(value));
    }
    options.is_error = *is_error;
  } else {
    const std::string nearest =
        find_nearest(key, {"skip", "error", "experimental"});
    throw SyntaxError(range, "unknown check option " + quote_word(key),
                      nearest.empty() ? std::string(kOptionsHint)
                                      : "did you mean \"" + nearest + "\"?");
  }
}

// What follows "check=" in a comment, or nullopt.
std::optional<std::string_view> find_check(std::string_view comment) {
  constexpr std::string_view kName = "check";
  std::string_view rest = trim_blanks(comment);
  if (!equal_ignoring_case(rest.substr(0, kName.size()), kName)) {
    return std::nullopt;
  }
  rest = trim_blanks(rest.substr(kName.size()));
  if (!rest.starts_with('=')) return std::nullopt;
  return trim_blanks(rest.substr(1));
}

}  // namespace

bool LintOptions::wants(const LintRuleInfo& rule) const {
  if (rule.is_experimental) return experimental.contains(rule.name);
  return !skip.contains(rule.name);
}

bool LintOptions::fails_on(const LintRuleInfo& rule) const {
  return is_error && (!rule.is_own() || experimental.names.contains(rule.name));
}

void LintOptions::merge(const LintOptions& comment) {
  skip.is_all |= comment.skip.is_all;
  skip.names.insert(comment.skip.names.begin(), comment.skip.names.end());
  experimental.is_all |= comment.experimental.is_all;
  experimental.names.insert(comment.experimental.names.begin(),
                            comment.experimental.names.end());
}

LintOptions parse_lint_options(std::string_view text) {
  LintOptions options;
  if (trim_blanks(text).empty()) return options;
  split(text, ';', [&](std::string_view option) {
    read_option(option, range_of(option, text), options);
  });
  return options;
}

bool is_lint_comment(std::string_view comment) {
  return find_check(comment).has_value();
}

LintOptions find_lint_options(const std::vector<std::string>& comments) {
  for (const std::string& comment : comments) {
    const std::optional<std::string_view> text = find_check(comment);
    if (!text) continue;
    try {
      return parse_lint_options(text->substr(0, text->find_first_of(" \t")));
    } catch (const SyntaxError&) {
      return {};
    }
  }
  return {};
}

}  // namespace parser

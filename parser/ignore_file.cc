#include "parser/ignore_file.h"

#include <utility>

#include "parser/ascii.h"
#include "parser/syntax_error.h"

namespace parser {

namespace {

std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

PathPattern compile(std::string_view pattern, std::uint32_t line,
                    std::size_t column) {
  try {
    return PathPattern(pattern);
  } catch (const SyntaxError& error) {
    const auto start = static_cast<std::uint32_t>(column);
    const auto size = static_cast<std::uint32_t>(pattern.size());
    throw error.at(Range{{line, start}, {line, start + size}});
  }
}

}  // namespace

IgnoreFile IgnoreFile::parse(std::string_view text) {
  IgnoreFile file;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::uint32_t line = 1; !text.empty(); ++line) {
    const std::size_t feed = text.find('\n');
    const std::string_view whole = text.substr(0, feed);
    text.remove_prefix(feed == std::string_view::npos ? text.size() : feed + 1);
    if (whole.starts_with('#')) continue;
    std::string_view pattern = trim_spaces(whole);
    if (pattern.empty()) continue;
    const bool is_exception = pattern.front() == '!';
    if (is_exception) pattern = trim_spaces(pattern.substr(1));
    const auto column =
        static_cast<std::size_t>(pattern.data() - whole.data()) + 1;
    if (pattern.empty()) {
      const auto behind = static_cast<std::uint32_t>(column);
      throw SyntaxError(Range{{line, behind - 1}, {line, behind}},
                        "\"!\" is not followed by a pattern",
                        "write what shall not be ignored behind it");
    }
    file.rules_.push_back(
        Rule{compile(pattern, line, column), is_exception, line});
  }
  return file;
}

const IgnoreFile::Rule* IgnoreFile::find_deciding(std::string_view path) const {
  // The root itself is never hidden, though "**" would match it.
  if (path.empty()) return nullptr;
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->pattern.matches_self_or_parent(path)) return &*rule;
  }
  return nullptr;
}

bool IgnoreFile::excludes(std::string_view path) const {
  const Rule* rule = find_deciding(path);
  return rule != nullptr && !rule->is_exception;
}

bool IgnoreFile::may_reinclude_below(std::string_view directory) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->is_exception) {
      if (rule->pattern.may_match_below(directory)) return true;
    } else if (rule->pattern.matches_self_or_parent(directory)) {
      // It hides all below again, whatever earlier exceptions brought back.
      return false;
    }
  }
  return false;
}

std::uint32_t IgnoreFile::deciding_line(std::string_view path) const {
  const Rule* rule = find_deciding(path);
  return rule != nullptr && !rule->is_exception ? rule->line : 0;
}

}  // namespace parser

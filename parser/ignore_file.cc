#include "parser/ignore_file.h"

#include <algorithm>
#include <string>
#include <utility>

#include "parser/code_points.h"
#include "parser/syntax_error.h"

namespace parser {

namespace {

// White space as Unicode has it: lines that came out of a word processor end in
// no-break spaces.
bool is_white_space(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
         c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

std::string_view trim_white_space(std::string_view text) {
  const std::vector<CodePoint> points = read_code_points(text);
  std::size_t begin = 0;
  std::size_t end = points.size();
  while (begin < end && is_white_space(points[begin].value)) ++begin;
  while (end > begin && is_white_space(points[end - 1].value)) --end;
  if (begin == end) return {};
  const std::size_t start = points[begin].offset;
  const std::size_t stop =
      end == points.size() ? text.size() : points[end].offset;
  return text.substr(start, stop - start);
}

PathPattern compile(std::string_view pattern, const Range& place) {
  try {
    return PathPattern(pattern);
  } catch (const SyntaxError& error) {
    throw error.at(place);
  }
}

// What a line says: a pattern, and whether it is an exception.
struct Line {
  bool is_exception = false;
  std::string pattern;  // cleaned
};

// Cleaning may bring white space to the ends and a mark to the front, and
// BuildKit looks for them a second time: "a /" is "a", "/!a" an exception.
Line read_line(std::string_view text, const Range& place) {
  const auto refuse = [&place] {
    return SyntaxError(place, "\"!\" is not followed by a pattern",
                       "write what shall not be ignored behind it");
  };
  Line line;
  line.is_exception = text.starts_with('!');
  if (line.is_exception) text = trim_white_space(text.substr(1));
  std::string cleaned = clean_pattern(text);
  // "!." is an exception of nothing; the root itself is never ignored.
  if (line.is_exception && cleaned.empty()) {
    if (text.empty() || text.starts_with('/')) throw refuse();
    return line;
  }
  if (line.is_exception) cleaned.insert(0, 1, '!');
  std::string_view again = trim_white_space(cleaned);
  if (again == "!") throw refuse();
  line.is_exception = again.starts_with('!');
  if (line.is_exception) again.remove_prefix(1);
  line.pattern = again;
  return line;
}

}  // namespace

IgnoreFile IgnoreFile::parse(std::string_view text) {
  IgnoreFile file;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::size_t feed = text.find('\n');
    const std::string_view whole = text.substr(0, feed);
    text.remove_prefix(feed == std::string_view::npos ? text.size() : feed + 1);
    if (!whole.starts_with('#')) file.add(whole, number);
  }
  return file;
}

IgnoreFile IgnoreFile::of_patterns(const std::vector<std::string>& patterns) {
  IgnoreFile file;
  std::uint32_t number = 0;
  for (const std::string& pattern : patterns) file.add(pattern, ++number);
  return file;
}

void IgnoreFile::add(std::string_view line, std::uint32_t number) {
  const std::string_view trimmed = trim_white_space(line);
  if (trimmed.empty()) return;
  const auto column =
      static_cast<std::uint32_t>(trimmed.data() - line.data()) + 1;
  const auto size = static_cast<std::uint32_t>(trimmed.size());
  const Range place{{number, column}, {number, column + size}};
  const Line rule = read_line(trimmed, place);
  rules_.push_back(
      Rule{compile(rule.pattern, place), rule.is_exception, number});
}

bool IgnoreFile::has_exceptions() const noexcept {
  return std::any_of(rules_.begin(), rules_.end(),
                     [](const Rule& rule) { return rule.is_exception; });
}

void IgnoreFile::decide(std::string_view path, const Decision& directory,
                        Decision& decision) const {
  decision.line_ = 0;
  decision.matched_.assign(rules_.size(), 0);
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    const bool is_inherited =
        !directory.matched_.empty() && directory.matched_[i] != 0;
    if (!is_inherited && (rule.is_exception != decision.is_hidden() ||
                          !rule.pattern.matches(path))) {
      continue;
    }
    decision.matched_[i] = 1;
    decision.line_ = rule.is_exception ? 0 : rule.line;
  }
}

IgnoreFile::Decision IgnoreFile::decide(std::string_view path) const {
  Decision decision;
  if (rules_.empty() || path.empty()) return decision;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = path.find('/', end + 1);
    const Decision directory = std::exchange(decision, {});
    decide(path.substr(0, end), directory, decision);
  }
  return decision;
}

bool IgnoreFile::may_reinclude_below(std::string_view path,
                                     const Decision& decision) const {
  for (std::size_t i = rules_.size(); i-- > 0;) {
    if (rules_[i].is_exception) {
      if (rules_[i].pattern.may_match_below(path)) return true;
    } else if (decision.matched_[i] != 0) {
      // It hides all below again, whatever earlier exceptions brought back.
      return false;
    }
  }
  return false;
}

}  // namespace parser

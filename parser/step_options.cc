#include "parser/step_options.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

constexpr std::string_view kPrefix = "strake:";
constexpr std::string_view kTtl = "ttl";
constexpr std::array<std::pair<char, std::int64_t>, 5> kUnits = {
    {{'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}, {'w', 604'800}}};
// Far beyond any cache, and far from where seconds overflow.
constexpr std::int64_t kLongestTtl = std::int64_t{1'000} * 366 * 86'400;

Range range_of(std::string_view part, std::string_view line,
               std::uint32_t number) {
  const auto begin = static_cast<std::uint32_t>(part.data() - line.data());
  const auto size = static_cast<std::uint32_t>(part.size());
  return Range{{number, begin + 1}, {number, begin + size + 1}};
}

SyntaxError bad_ttl(std::string_view text, Range range) {
  return SyntaxError(range, quote_word(text) + " is no time to live",
                     "write it as in 90s, 1h30m, 7d or 2w");
}

// What follows "# strake:" in a line; nullopt for another comment.
std::optional<std::string_view> options_in(std::string_view line) {
  line = trim_blanks(line);
  if (!line.starts_with('#')) return std::nullopt;
  line = trim_blanks(line.substr(1));
  if (!equal_ignoring_case(line.substr(0, kPrefix.size()), kPrefix)) {
    return std::nullopt;
  }
  return trim_blanks(line.substr(kPrefix.size()));
}

void read_option(std::string_view word, Range range, StepOptions& options) {
  const std::size_t equals = word.find('=');
  const std::string_view key = word.substr(0, equals);
  if (!equal_ignoring_case(key, kTtl)) {
    options.unknown.push_back(
        {std::string(key), find_nearest(to_lower(key), {kTtl}), range});
    return;
  }
  if (equals == std::string_view::npos) {
    throw SyntaxError(range, "ttl has no value", "write it as in ttl=24h");
  }
  const std::string_view value = word.substr(equals + 1);
  options.range = range;
  try {
    options.ttl = {std::string(value), parse_ttl(value)};
  } catch (const SyntaxError& error) {
    Range marked = range;
    marked.start.column += static_cast<std::uint32_t>(equals + 1);
    if (value.empty()) marked = range;
    throw SyntaxError(marked, error.message(), error.hint());
  }
}

void read_line(const std::string& line, std::uint32_t number,
               StepOptions& options) {
  const auto text = options_in(line);
  if (!text) return;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t,"));
    if (!word.empty()) {
      read_option(word, range_of(word, line, number), options);
      // A sentence is no list of options.
      if (!options.unknown.empty()) return;
    }
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
}

}  // namespace

StepOptions read_step_options(const Dockerfile& file,
                              const Instruction& instruction) {
  StepOptions options;
  options.range = instruction.range;
  // Upwards, for the lines of its comments: blank ones may stand between.
  std::uint32_t first = instruction.range.start.line;
  for (std::size_t left = instruction.comments.size(); left > 0 && first > 1;) {
    const std::string_view above = trim_blanks(file.lines.at(first - 2));
    if (above.starts_with('#')) {
      --left;
    } else if (!above.empty()) {
      break;
    }
    --first;
  }
  for (std::uint32_t line = first; line < instruction.range.start.line;
       ++line) {
    read_line(file.lines.at(line - 1), line, options);
  }
  return options;
}

std::chrono::seconds parse_ttl(std::string_view text) {
  const Range whole{{1, 1}, {1, static_cast<std::uint32_t>(text.size()) + 1}};
  if (text.empty()) throw bad_ttl(text, whole);
  std::int64_t total = 0;
  for (std::string_view rest = text; !rest.empty();) {
    std::int64_t number = 0;
    std::size_t digits = 0;
    while (digits < rest.size() && is_digit(rest[digits])) {
      number = number * 10 + (rest[digits++] - '0');
      if (number > kLongestTtl) throw bad_ttl(text, whole);
    }
    if (digits == 0 || digits == rest.size()) throw bad_ttl(text, whole);
    std::int64_t factor = 0;
    for (const auto& [unit, seconds] : kUnits) {
      if (unit == rest[digits]) factor = seconds;
    }
    if (factor == 0 || number > kLongestTtl / factor)
      throw bad_ttl(text, whole);
    total += number * factor;
    if (total > kLongestTtl) throw bad_ttl(text, whole);
    rest.remove_prefix(digits + 1);
  }
  return std::chrono::seconds(total);
}

}  // namespace parser

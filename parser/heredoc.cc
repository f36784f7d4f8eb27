#include "parser/heredoc.h"

#include <optional>
#include <utility>

#include "parser/ascii.h"
#include "parser/unicode.h"

namespace parser {

namespace {

// The offset behind the shell word that starts at `at`, or nullopt when a quote
// in it has no mate.
std::optional<std::size_t> find_word_end(std::string_view line,
                                         std::size_t at) {
  char quote = 0;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == '\'') {
      if (c == '\'') quote = 0;
    } else if (c == '\\') {
      ++at;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (space_size(line.substr(at)) > 0) {
      break;
    }
  }
  if (quote != 0) return std::nullopt;
  return at < line.size() ? at : line.size();
}

struct Delimiter {
  std::string name;
  bool is_quoted = false;
};

// The word without quotes, and without the backslashes that escape something:
// between double quotes, only the quote, `$` and the backslash can be.
Delimiter unquote(std::string_view word) {
  Delimiter result;
  char quote = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    const char next = i + 1 < word.size() ? word[i + 1] : '\0';
    const bool escapes =
        c == '\\' && i + 1 < word.size() && quote != '\'' &&
        (quote == 0 || next == '"' || next == '$' || next == '\\');
    if (escapes) {
      result.name += next;
      ++i;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      result.is_quoted = true;
    } else {
      result.name += c;
    }
  }
  return result;
}

// "[n]<<[-]": fills fd and chomp, returns what is behind it.
std::optional<std::string_view> read_operator(std::string_view word,
                                              HeredocStart& start) {
  std::size_t i = 0;
  while (i < word.size() && is_digit(word[i])) {
    if (start.fd > 1'000'000) return std::nullopt;
    start.fd = start.fd * 10 + static_cast<std::uint32_t>(word[i] - '0');
    ++i;
  }
  if (word.substr(i, 2) != "<<") return std::nullopt;
  i += 2;
  if (i < word.size() && word[i] == '-') {
    start.chomp = true;
    ++i;
  }
  return word.substr(i);
}

// How far a word opens `$((` more than it closes `))`.
int count_arithmetic(std::string_view word, int depth) {
  for (std::size_t i = 0; i + 1 < word.size(); ++i) {
    if (word.substr(i, 3) == "$((") {
      ++depth;
      i += 2;
    } else if (depth > 0 && word.substr(i, 2) == "))") {
      --depth;
      ++i;
    }
  }
  return depth;
}

std::size_t skip_spaces(std::string_view line, std::size_t at) {
  while (const std::size_t size = space_size(line.substr(at))) at += size;
  return at;
}

}  // namespace

std::vector<HeredocStart> find_heredocs(std::string_view command_line) {
  std::vector<HeredocStart> starts;
  int arithmetic = 0;
  std::size_t at = skip_spaces(command_line, 0);
  while (at < command_line.size()) {
    const std::optional<std::size_t> word_end = find_word_end(command_line, at);
    if (!word_end) return {};
    const std::string_view word = command_line.substr(at, *word_end - at);
    const std::size_t next = skip_spaces(command_line, *word_end);
    HeredocStart start;
    start.begin = at;
    start.end = *word_end;
    std::optional<std::string_view> delimiter = read_operator(word, start);
    at = next;
    const bool is_shift = arithmetic > 0;
    arithmetic = count_arithmetic(word, arithmetic);
    if (!delimiter || is_shift) continue;
    if (delimiter->empty()) {
      const std::optional<std::size_t> end = find_word_end(command_line, next);
      if (!end || *end == next) continue;
      delimiter = command_line.substr(next, *end - next);
      start.end = *end;
    }
    at = skip_spaces(command_line, start.end);
    if (delimiter->find('<') != std::string_view::npos) continue;
    Delimiter read = unquote(*delimiter);
    if (read.name.empty()) continue;
    start.name = std::move(read.name);
    start.expand = !read.is_quoted;
    starts.push_back(std::move(start));
  }
  return starts;
}

}  // namespace parser

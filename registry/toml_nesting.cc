#include "registry/toml_nesting.h"

#include <algorithm>

namespace registry {
namespace {

// Where the string or comment that begins at `at` ends: the place after it.
std::size_t skip_quiet(std::string_view text, std::size_t at) {
  const char kind = text[at];
  if (kind == '#') return std::min(text.find('\n', at), text.size());
  // Strings of several lines have three quotes and end with three.
  const std::string_view quotes = text.substr(at, 3);
  const bool is_long =
      quotes.size() == 3 && quotes[1] == kind && quotes[2] == kind;
  const std::string_view end = is_long ? quotes : text.substr(at, 1);
  for (std::size_t i = at + end.size(); i < text.size(); ++i) {
    if (kind == '"' && text[i] == '\\') {
      ++i;
    } else if (text.substr(i).starts_with(end)) {
      return i + end.size();
    } else if (text[i] == '\n' && !is_long) {
      return i;
    }
  }
  return text.size();
}

}  // namespace

std::optional<std::size_t> find_deep_line(std::string_view text,
                                          std::size_t most) {
  std::size_t line = 1;
  std::size_t open = 0;
  std::size_t dots = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '#' || c == '"' || c == '\'') {
      const std::size_t end = skip_quiet(text, i);
      for (; i < end; ++i) line += text[i] == '\n' ? 1 : 0;
      continue;
    }
    if (c == '\n') {
      ++line;
      dots = 0;
    } else if (c == '.') {
      ++dots;
    } else if (c == '[' || c == '{') {
      ++open;
    } else if ((c == ']' || c == '}') && open > 0) {
      --open;
    }
    if (open > most || dots > most) return line;
    ++i;
  }
  return std::nullopt;
}

}  // namespace registry

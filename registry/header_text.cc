#include "registry/header_text.h"

#include <charconv>

namespace registry {
namespace {

// Takes a number from the front.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<std::uint64_t> find_number(std::string_view text) {
  return take_number(text);
}

std::optional<ContentRange> find_content_range(std::string_view text) {
  ContentRange range;
  if (!take(text, "bytes ")) return std::nullopt;
  const auto first = take_number(text);
  if (!first || !take(text, "-")) return std::nullopt;
  const auto last = take_number(text);
  if (!last || !take(text, "/") || *last < *first) return std::nullopt;
  range.first = *first;
  range.last = *last;
  range.total = take_number(text);
  return range;
}

std::optional<std::uint64_t> find_received(std::string_view range) {
  take(range, "bytes=");
  const auto first = take_number(range);
  if (!first || *first != 0 || !take(range, "-")) return std::nullopt;
  const auto last = take_number(range);
  if (!last) return std::nullopt;
  return *last == 0 ? 0 : *last + 1;
}

std::string find_next_link(std::string_view link) {
  for (;;) {
    const std::size_t open = link.find('<');
    const std::size_t close = link.find('>', open);
    if (open == link.npos || close == link.npos) return {};
    const std::string_view target = link.substr(open + 1, close - open - 1);
    link.remove_prefix(close + 1);
    const std::string_view rest = link.substr(0, link.find('<'));
    if (rest.find("rel=\"next\"") != rest.npos ||
        rest.find("rel=next") != rest.npos) {
      return std::string(target);
    }
  }
}

}  // namespace registry

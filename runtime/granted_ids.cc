#include "runtime/granted_ids.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace runtime {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// Takes what stands before the next `end` off the text.
std::string_view take_until(std::string_view& text, char end) {
  const std::size_t size = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

}  // namespace

IdRanges grant_ids(std::string_view text, std::string_view user,
                   std::uint64_t uid, std::uint64_t self) {
  IdRanges ranges = {{0, self, 1}};
  std::uint64_t next = 1;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    const std::string_view owner = take_until(line, ':');
    if (owner != user && parse_number(owner) != uid) continue;
    const auto first = parse_number(take_until(line, ':'));
    const auto count = parse_number(line);
    if (!first || !count || *count == 0) continue;
    ranges.push_back({next, *first, *count});
    next += *count;
  }
  return ranges;
}

}  // namespace runtime

#include "runtime/granted_ids.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace runtime {
namespace {

// user_namespaces(7): lines of a map; of a larger one the kernel takes nothing.
constexpr std::size_t kMaxRanges = 340;
// Ids have 32 bits, and the last means none.
constexpr std::uint64_t kMaxIds = 0xFFFFFFFF;

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

// The kernel maps no id twice.
bool overlaps(const IdRanges& ranges, std::uint64_t first,
              std::uint64_t count) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const IdRange& range) {
    return first < range.outside + range.count && range.outside < first + count;
  });
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
    if (*first > kMaxIds || *count > kMaxIds - *first) continue;
    if (overlaps(ranges, *first, *count)) continue;
    if (ranges.size() == kMaxRanges) break;
    ranges.push_back({next, *first, *count});
    next += *count;
  }
  return ranges;
}

}  // namespace runtime

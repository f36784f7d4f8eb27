// What stands in headers: words, numbers, ranges, links.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace registry {

// With the letters of ASCII, and no others, made small.
std::string lower_case(std::string_view text);

// The number that the text begins with.
std::optional<std::uint64_t> find_number(std::string_view text);

// "bytes 100-199/200" (RFC 9110, 14.4).
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> total;
};
std::optional<ContentRange> find_content_range(std::string_view text);

// How many bytes of an upload a registry has: "0-99", or "bytes=0-99"
// (distribution-spec v1.1, "Pushing a blob in chunks"). "0-0" is told of none
// as well as of one.
std::optional<std::uint64_t> find_received(std::string_view range);

// Where a Link header's rel="next" leads (RFC 8288); empty for nowhere.
std::string find_next_link(std::string_view link);

}  // namespace registry

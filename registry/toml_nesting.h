// How deep a TOML text nests. Its parser calls itself for each level, so a text
// of brackets or dots alone would end the program for want of stack.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace registry {

// The first line, from 1, at which more than `most` arrays and inline tables
// are open, or whose keys have more parts than that; nullopt when there is
// none. A text that is no TOML may be answered either way.
std::optional<std::size_t> find_deep_line(std::string_view text,
                                          std::size_t most);

}  // namespace registry

// Words of a Dockerfile in JSON. Any bytes may stand in a word, JSON holds only
// Unicode: each byte is written as the code point of its value, so that
// different bytes never render alike.
#pragma once

#include <string>
#include <string_view>

namespace builder {

std::string widen_bytes(std::string_view bytes);
// The inverse. What no byte can have become (above U+00FF) stays as it is.
std::string narrow_bytes(std::string_view text);

}  // namespace builder

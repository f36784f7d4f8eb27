// RFC 4648 section 4, with padding: how HTTP writes credentials.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace base {

std::string encode_base64(std::string_view bytes);

// nullopt where that is not what the text is. Blanks around it do not count.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace base

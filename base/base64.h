// RFC 4648 section 4, with padding: how HTTP writes credentials.
#pragma once

#include <string>
#include <string_view>

namespace base {

std::string encode_base64(std::string_view bytes);

}  // namespace base

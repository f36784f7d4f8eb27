// Texts as parts of addresses and of forms (RFC 3986, 2.1).
#pragma once

#include <string>
#include <string_view>

namespace registry {

enum class Slashes { escaped, kept };

// All but the unreserved characters become "%" and two upper-case digits, as
// signatures of AWS want it too.
std::string percent_encode(std::string_view text,
                           Slashes slashes = Slashes::escaped);

}  // namespace registry

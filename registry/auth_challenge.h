// What a server that answers 401 wants: the WWW-Authenticate header, RFC 9110
// section 11.6.1.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace registry {

struct AuthChallenge {
  std::string scheme;                             // lower case: "bearer"
  std::map<std::string, std::string> parameters;  // lower-case names
};

// Several headers of that name may stand in one, with commas between them. What
// makes no sense ends the list.
std::vector<AuthChallenge> parse_challenges(std::string_view header);

}  // namespace registry

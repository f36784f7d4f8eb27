// What a registry knows a user by.
#pragma once

#include <string>

namespace registry {

// One of the three. Never logged, never part of a message.
struct Credential {
  std::string user;
  std::string password;
  std::string identity_token;  // OAuth2 refresh token, for token services
  std::string registry_token;  // a bearer token as it is

  bool has_password() const { return !user.empty() || !password.empty(); }
};

}  // namespace registry

// What one registry is told about who asks: distribution's token
// authentication (docs/spec/auth/token.md, oauth.md) and HTTP's Basic.
//
// Nobody's credentials are looked up before the registry asks for them. Tokens
// are kept as long as they hold, one for each set of scopes; one that is
// refused is got anew once. Credentials go to the registry, and to the token
// service that it names; to one without TLS only where the registry has none
// either.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "base/guarded.h"
#include "registry/auth_challenge.h"
#include "registry/credential.h"
#include "registry/http_client.h"

namespace registry {

// "repository:library/debian:pull"
using Scopes = std::set<std::string>;

// Threads: may be used by several at once; one of them gets a token that
// several want.
class Authenticator {
 public:
  // `find` looks the registry's credentials up, until it has come back once.
  // `name` is the registry's, as "strake login" takes it.
  using Find = std::function<std::optional<Credential>()>;
  Authenticator(std::string name, Find find);

  // The Authorization header's value for a request; empty when the registry has
  // asked for nothing yet. Gets a token where the last one has run out.
  // Throws: as answer().
  std::string authorize(const Scopes& scopes, HttpClient& client,
                        const std::stop_token& stop);

  // The registry has refused a request that had `used` as its authorization,
  // with this reply, a 401. What to try instead, if there is something.
  // Throws: denied when it knows us and will not, or there is nothing to try;
  // unavailable, invalid_input of the token service; cancelled.
  std::string answer(const HttpReply& reply, const std::string& used,
                     const std::string& url, const Scopes& scopes,
                     HttpClient& client, const std::stop_token& stop);

 private:
  struct Token {
    std::string value;
    std::chrono::steady_clock::time_point runs_out;
  };
  struct State {
    std::optional<AuthChallenge> challenge;
    bool is_plain = false;  // the registry's own address has no TLS
    bool has_looked = false;
    std::optional<Credential> credential;
    // What the registry wants a token for, where that is told.
    std::map<Scopes, Scopes> challenged;
    std::map<Scopes, Token> tokens;
  };
  const std::optional<Credential>& credential(State& state) const;
  std::string authorize(State& state, const Scopes& scopes, HttpClient& client,
                        const std::stop_token& stop) const;
  Token get_token(State& state, const Scopes& scopes, HttpClient& client,
                  const std::stop_token& stop) const;
  std::string ask_service(State& state, const Scopes& scopes,
                          HttpClient& client,
                          const std::stop_token& stop) const;
  static Token read_token(const std::string& text);
  base::Error denied(std::string_view what) const;

  std::string name_;
  Find find_;
  base::Guarded<State> state_;
};

}  // namespace registry

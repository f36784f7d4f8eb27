#include "registry/authenticator.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "registry/percent_encoding.h"
#include "registry/retry.h"

namespace registry {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t kMostTokenBytes = std::size_t{1} << 20U;
// What a token holds for where its service does not say (token.md).
constexpr std::int64_t kUsualSeconds = 60;
constexpr std::int64_t kMostSeconds = 86'400;

std::string get(const AuthChallenge& challenge, const char* name) {
  const auto it = challenge.parameters.find(name);
  return it == challenge.parameters.end() ? std::string() : it->second;
}

std::string basic(const Credential& credential) {
  return "Basic " +
         base::encode_base64(credential.user + ":" + credential.password);
}

// It goes into a header.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f';
  });
}

// The safest that we can answer.
std::optional<AuthChallenge> choose(const HttpReply& reply) {
  const auto all = parse_challenges(reply.header("www-authenticate"));
  for (const char* scheme : {"bearer", "basic"}) {
    const auto it = std::find_if(
        all.begin(), all.end(),
        [&](const AuthChallenge& one) { return one.scheme == scheme; });
    if (it != all.end()) return *it;
  }
  return std::nullopt;
}

Scopes with_challenged(const Scopes& scopes, const AuthChallenge& challenge) {
  Scopes all = scopes;
  const std::string text = get(challenge, "scope");
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    if (end > start) all.insert(text.substr(start, end - start));
    start = end + 1;
  }
  return all;
}

HttpRequest refresh_request(const std::string& realm,
                            const std::string& service, const Scopes& scopes,
                            const Credential& credential) {
  HttpRequest request{.url = realm, .method = "POST"};
  request.headers = {"Content-Type: application/x-www-form-urlencoded"};
  request.body = fmt::format(
      "grant_type=refresh_token&client_id=strake&service={}&scope={}"
      "&refresh_token={}",
      percent_encode(service),
      percent_encode(fmt::format("{}", fmt::join(scopes, " "))),
      percent_encode(credential.identity_token));
  return request;
}

HttpRequest token_request(const std::string& realm, const std::string& service,
                          const Scopes& scopes,
                          const std::optional<Credential>& credential) {
  std::string url = realm;
  char separator = realm.find('?') == std::string::npos ? '?' : '&';
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    url += fmt::format("{}{}={}", separator, name, percent_encode(value));
    separator = '&';
  };
  add("service", service);
  for (const std::string& scope : scopes) add("scope", scope);
  HttpRequest request;
  if (credential && credential->has_password()) {
    add("account", credential->user);
    request.headers.push_back("Authorization: " + basic(*credential));
  }
  request.url = std::move(url);
  return request;
}

// Who we are is for the service that was named, and for nobody it leads to.
void follow(HttpRequest& request, const std::string& redirect) {
  const HttpAddress from(request.url);
  HttpAddress to(redirect);
  if (from.scheme == "https" && to.scheme == "http") {
    throw base::Error(base::ErrorKind::denied,
                      fmt::format("{}:{} leads from TLS to http://{}:{}",
                                  from.host, from.port, to.host, to.port));
  }
  if (!from.trusts(to)) request.headers.clear();
  request.url = std::move(to.url);
}

}  // namespace

Authenticator::Authenticator(std::string name, Find find)
    : name_(std::move(name)), find_(std::move(find)) {}

base::Error Authenticator::denied(std::string_view what) const {
  return base::Error(base::ErrorKind::denied, std::string(what))
      .hint(fmt::format("\"strake login {}\" tells it who you are", name_));
}

const std::optional<Credential>& Authenticator::credential(State& state) const {
  if (!state.has_looked) {
    // What throws has not told: it is asked again, and says why again.
    state.credential = find_();
    state.has_looked = true;
  }
  return state.credential;
}

std::string Authenticator::authorize(const Scopes& scopes, HttpClient& client,
                                     const std::stop_token& stop) {
  const auto state = state_.lock();
  return authorize(*state, scopes, client, stop);
}

std::string Authenticator::authorize(State& state, const Scopes& scopes,
                                     HttpClient& client,
                                     const std::stop_token& stop) const {
  if (!state.challenge) return {};
  if (state.challenge->scheme == "basic") {
    const auto& known = credential(state);
    return known && known->has_password() ? basic(*known) : std::string();
  }
  if (const auto& known = credential(state);
      known && !known->registry_token.empty()) {
    return "Bearer " + known->registry_token;
  }
  const auto it = state.tokens.find(scopes);
  if (it != state.tokens.end() && it->second.runs_out > steady_clock::now()) {
    return "Bearer " + it->second.value;
  }
  Token token = get_token(state, scopes, client, stop);
  std::string value = "Bearer " + token.value;
  state.tokens.insert_or_assign(scopes, std::move(token));
  return value;
}

std::string Authenticator::answer(const HttpReply& reply,
                                  const std::string& used,
                                  const std::string& url, const Scopes& scopes,
                                  HttpClient& client,
                                  const std::stop_token& stop) {
  auto challenge = choose(reply);
  if (!challenge) {
    throw denied("it asks for credentials in no way that is known here");
  }
  const auto state = state_.lock();
  // It speaks of this request alone.
  state->challenged[scopes] = with_challenged(scopes, *challenge);
  state->challenge = std::move(challenge);
  state->is_plain = HttpAddress(url).scheme == "http";
  // Another thread may have got a new one meanwhile.
  if (const auto it = state->tokens.find(scopes);
      it != state->tokens.end() && "Bearer " + it->second.value == used) {
    state->tokens.erase(it);
  }
  std::string value = authorize(*state, scopes, client, stop);
  if (value.empty()) {
    throw denied("it wants to know who asks, and there are no credentials");
  }
  if (value == used) throw denied("it does not accept the credentials");
  return value;
}

Authenticator::Token Authenticator::get_token(
    State& state, const Scopes& scopes, HttpClient& client,
    const std::stop_token& stop) const {
  try {
    const auto wider = state.challenged.find(scopes);
    return read_token(ask_service(
        state, wider == state.challenged.end() ? scopes : wider->second, client,
        stop));
  } catch (base::Error& error) {
    if (error.kind() != base::ErrorKind::cancelled) {
      error.add_context("its token service");
    }
    throw;
  }
}

std::string Authenticator::ask_service(State& state, const Scopes& scopes,
                                       HttpClient& client,
                                       const std::stop_token& stop) const {
  const HttpAddress address(get(*state.challenge, "realm"));
  const std::string service = get(*state.challenge, "service");
  const auto& known = credential(state);
  const std::string place = fmt::format("{}:{}", address.host, address.port);
  if (known && address.scheme == "http" && !state.is_plain) {
    throw base::Error(base::ErrorKind::denied,
                      place +
                          " has no TLS, and would get the credentials in the "
                          "clear");
  }
  const bool refreshes = known && !known->identity_token.empty();
  HttpRequest request =
      refreshes ? refresh_request(address.url, service, scopes, *known)
                : token_request(address.url, service, scopes, known);
  HttpReply reply;
  for (int hops = 0; hops <= client.limits().redirects; ++hops) {
    HttpExchange exchange(client, request, stop);
    reply = exchange.reply();
    std::string text = exchange.read_all(kMostTokenBytes);
    if (reply.status == 200) return text;
    if (reply.redirect.empty() || refreshes) break;
    follow(request, reply.redirect);
  }
  if (known && (reply.status == 401 || reply.status == 403)) {
    throw denied("it does not accept the credentials");
  }
  const std::string why =
      fmt::format("{} says {} {}", place, reply.status, reply.reason);
  const base::ErrorKind kind = kind_of_status(reply.status);
  if (kind == base::ErrorKind::denied) throw denied(why);
  if (kind != base::ErrorKind::unavailable) throw base::Error(kind, why);
  Unavailable later(why);
  later.asked_pause = find_retry_after(reply);
  throw later;
}

Authenticator::Token Authenticator::read_token(const std::string& text) {
  const json answer = json::parse(text, nullptr, false);
  const auto find_text = [&answer](const char* name) {
    const auto it = answer.find(name);
    return it != answer.end() && it->is_string() ? it->get<std::string>()
                                                 : std::string();
  };
  Token token{find_text("token"), steady_clock::now()};
  if (token.value.empty()) token.value = find_text("access_token");
  if (!answer.is_object() || !is_token(token.value)) {
    throw base::Error(base::ErrorKind::invalid_input,
                      "what it gives is no token");
  }
  std::int64_t lasts = kUsualSeconds;
  if (const auto it = answer.find("expires_in");
      it != answer.end() && it->is_number()) {
    lasts = static_cast<std::int64_t>(
        std::clamp(it->get<double>(), 0.0, double{kMostSeconds}));
  }
  // Renewed a little before it runs out: it takes time to arrive.
  token.runs_out += seconds(lasts - std::min<std::int64_t>(lasts / 5, 10));
  return token;
}

}  // namespace registry

#include "registry/registry_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace registry {
namespace {

using nlohmann::json;

// What is read of a reply that is an error, so that it can be shown and its
// connection serves again.
constexpr std::size_t kMostErrorBytes = 64U << 10U;
constexpr std::size_t kMostShownBytes = 300;
// Answers to 401 in one try: with what we know, and with a new token.
constexpr int kMostAnswers = 2;
constexpr std::size_t kMostIdle = 16;
constexpr int kProxyWantsLogin = 407;
constexpr int kTooLarge = 413;

bool is_absolute(const std::string& path) { return !path.starts_with("/"); }

// Bytes of a stranger's, for a terminal.
std::string clean(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMostShownBytes)) {
    const bool is_control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    out += is_control ? ' ' : c;
  }
  return out;
}

// distribution-spec v1.1 "Error Codes": what the registry says itself.
std::string find_message(const std::string& body) {
  const json document = json::parse(body, nullptr, false);
  if (!document.is_object()) return {};
  const auto errors = document.find("errors");
  if (errors == document.end() || !errors->is_array() || errors->empty() ||
      !errors->front().is_object()) {
    return {};
  }
  std::string text;
  for (const char* name : {"message", "code"}) {
    const auto it = errors->front().find(name);
    if (it == errors->front().end() || !it->is_string()) continue;
    text = it->get<std::string>();
    if (!text.empty()) break;
  }
  return clean(text);
}

// The body of a reply that nobody needs whole; empty where it is cut, or longer
// than anybody would read. Throws: cancelled.
std::string read_error(HttpExchange& exchange) {
  try {
    return exchange.read_all(kMostErrorBytes);
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    return {};
  }
}

bool is_read(const Call& call) {
  return call.method == "GET" || call.method == "HEAD";
}

// RFC 9110, 15.4: these two alone say that the method and the body stay.
bool keeps_body(int status) { return status == 307 || status == 308; }

bool can_follow(const Call& call, int status) {
  return is_read(call) || keeps_body(status);
}

// Whoever reads it compares all that comes with the digest in the path.
bool is_verified(const Call& call) {
  return is_read(call) && call.path.find("/sha256:") != std::string::npos;
}

}  // namespace

RegistryReply::RegistryReply(RegistryHost& host,
                             std::unique_ptr<HttpClient> client)
    : host_(&host), client_(std::move(client)) {}

RegistryReply::RegistryReply(RegistryReply&& other) noexcept
    : host_(other.host_),
      client_(std::move(other.client_)),
      exchange_(std::move(other.exchange_)),
      url_(std::move(other.url_)),
      authorization_(std::move(other.authorization_)) {}

RegistryReply::~RegistryReply() {
  exchange_.reset();
  if (client_) host_->give_back(std::move(client_));
}

// "connection refused" alone does not say whose.
template <typename Work>
decltype(auto) RegistryReply::named(const Work& work) {
  try {
    return work();
  } catch (base::Error& error) {
    host_->name_in(error);
    throw;
  }
}

const HttpReply& RegistryReply::head() {
  return named([&]() -> const HttpReply& { return exchange_->reply(); });
}

std::size_t RegistryReply::read(std::byte* buffer, std::size_t size) {
  return named([&] { return exchange_->read(buffer, size); });
}

std::string RegistryReply::read_all(std::size_t most_bytes) {
  return named([&] { return exchange_->read_all(most_bytes); });
}

bool RegistryReply::send(std::string_view bytes) {
  return named([&] { return exchange_->send(bytes); });
}

void RegistryReply::finish() { exchange_->finish(); }

RegistryHost::RegistryHost(HostSettings settings,
                           Authenticator::Find find_credential, Proxies proxies,
                           HttpLimits limits)
    : settings_(std::move(settings)),
      proxies_(std::move(proxies)),
      limits_(limits),
      authenticator_(settings_.name, std::move(find_credential)) {}

RegistryHost::~RegistryHost() = default;

std::unique_ptr<HttpClient> RegistryHost::take_client() {
  {
    const auto idle = idle_.lock();
    if (!idle->empty()) {
      auto client = std::move(idle->back());
      idle->pop_back();
      return client;
    }
  }
  TlsSettings tls = settings_.tls;
  if (settings_.is_insecure) tls.verifies = false;
  return std::make_unique<HttpClient>(proxies_, limits_, std::move(tls));
}

void RegistryHost::give_back(std::unique_ptr<HttpClient> client) {
  const auto idle = idle_.lock();
  if (idle->size() < kMostIdle) idle->push_back(std::move(client));
}

// "https", or "http" where that is allowed and nothing else answers.
std::string RegistryHost::find_scheme(const std::stop_token& stop) {
  if (!settings_.is_insecure) return "https";
  const auto known = scheme_.lock();
  if (!known->empty()) return *known;
  const auto probe = [&](const char* scheme) {
    RegistryReply reply(*this, take_client());
    HttpRequest request{
        .url = fmt::format("{}://{}/v2/", scheme, settings_.authority)};
    reply.exchange_ =
        std::make_unique<HttpExchange>(*reply.client_, request, stop);
    const int status = reply.head().status;
    read_error(*reply.exchange_);
    return status;
  };
  try {
    probe("https");
    return *known = "https";
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    // What speaks TLS calls plain HTTP a bad request.
    constexpr int kBadRequest = 400;
    if (probe("http") == kBadRequest) throw;
    return *known = "http";
  }
}

std::string RegistryHost::address_of(const std::string& path,
                                     const std::stop_token& stop) {
  if (is_absolute(path)) return path;
  return fmt::format("{}://{}{}", find_scheme(stop), settings_.authority, path);
}

HttpRequest RegistryHost::make_request(const Call& call,
                                       const std::string& url) const {
  HttpRequest request;
  request.url = url;
  request.method = call.method;
  request.headers = call.headers;
  request.headers.emplace_back("Docker-Distribution-Api-Version: registry/2.0");
  request.body = call.body;
  request.stream = call.stream;
  request.stream_bytes = call.stream_bytes;
  return request;
}

void RegistryHost::name_in(base::Error& error) const {
  if (error.kind() == base::ErrorKind::cancelled ||
      error.message().find(settings_.authority) != std::string::npos) {
    return;
  }
  error.add_context(settings_.authority);
}

RegistryReply RegistryHost::open(const Call& call,
                                 const std::stop_token& stop) {
  try {
    return try_open(call, stop);
  } catch (base::Error& error) {
    name_in(error);
    throw;
  }
}

RegistryReply RegistryHost::try_open(const Call& call,
                                     const std::stop_token& stop) {
  const HttpAddress home(address_of("/v2/", stop));
  HttpAddress address = read_redirect(address_of(call.path, stop));
  RegistryReply reply(*this, take_client());
  bool is_trusted = home.trusts(address);
  if (is_trusted) {
    reply.authorization_ =
        authenticator_.authorize(call.scopes, *reply.client_, stop);
  }
  int hops = 0;
  for (int answers = 0;;) {
    refuse_downgrade(call, home, address);
    HttpRequest request = make_request(call, address.url);
    if (is_trusted && !reply.authorization_.empty()) {
      request.headers.push_back("Authorization: " + reply.authorization_);
    } else if (address.has_credentials()) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("{} leads to an address with a password",
                                    settings_.authority));
    }
    reply.url_ = address.url;
    reply.exchange_.reset();
    reply.exchange_ =
        std::make_unique<HttpExchange>(*reply.client_, request, stop);
    if (call.stream != HttpRequest::Stream::none) return reply;

    const HttpReply head = reply.head();
    if (head.status == 401 && is_trusted && answers++ < kMostAnswers) {
      reply.authorization_ = answer(call, reply, stop);
      continue;
    }
    if (!head.redirect.empty() && can_follow(call, head.status)) {
      if (hops++ == limits_.redirects) {
        throw base::Error(base::ErrorKind::invalid_input,
                          fmt::format("{} redirects more than {} times",
                                      settings_.authority, limits_.redirects));
      }
      HttpAddress next = read_redirect(head.redirect);
      is_trusted = is_trusted && address.trusts(next);
      address = std::move(next);
      continue;
    }
    judge(call, reply, stop);
    return reply;
  }
}

// The registry's word for where something is. Throws: invalid_input.
HttpAddress RegistryHost::read_redirect(const std::string& url) const {
  try {
    return HttpAddress(url);
  } catch (base::Error& error) {
    error.add_context(settings_.authority + " leads nowhere");
    throw;
  }
}

// What TLS was to keep from strangers, or from changes, stays in it. Only
// bytes that a digest vouches for may come in the clear.
void RegistryHost::refuse_downgrade(const Call& call, const HttpAddress& home,
                                    const HttpAddress& address) const {
  if (home.scheme != "https" || address.scheme != "http" ||
      settings_.is_insecure || is_verified(call)) {
    return;
  }
  throw base::Error(
      base::ErrorKind::denied,
      fmt::format("{} leads from TLS to http://{}:{}", settings_.authority,
                  address.host, address.port))
      .hint(
          "a registry behind a proxy that ends TLS has to be told so, by "
          "\"X-Forwarded-Proto: https\" or its own address in its settings");
}

// To a reply that is a 401.
std::string RegistryHost::answer(const Call& call, RegistryReply& reply,
                                 const std::stop_token& stop) {
  const HttpReply head = reply.head();
  read_error(*reply.exchange_);
  reply.exchange_.reset();
  try {
    return authenticator_.answer(head, reply.authorization_, reply.url_,
                                 call.scopes, *reply.client_, stop);
  } catch (base::Error& error) {
    error.add_context(settings_.authority);
    throw;
  }
}

bool RegistryHost::follow(Call& call, RegistryReply& reply) {
  const HttpReply& head = reply.head();
  if (head.redirect.empty() || !keeps_body(head.status)) return false;
  call.path = head.redirect;
  return true;
}

void RegistryHost::judge(const Call& call, RegistryReply& reply,
                         const std::stop_token& stop) {
  const HttpReply head = reply.head();
  // What is streamed cannot be sent again from here: the next try can.
  if (head.status == 401 && call.stream != HttpRequest::Stream::none &&
      !reply.authorization_.empty()) {
    answer(call, reply, stop);
    throw Unavailable(
        fmt::format("{} says that the token has run out", settings_.authority));
  }
  const bool is_good = head.status >= 200 && head.status < 300;
  if (is_good || std::find(call.answers.begin(), call.answers.end(),
                           head.status) != call.answers.end()) {
    return;
  }
  const HttpAddress address(reply.url());
  const std::string said = find_message(read_error(*reply.exchange_));
  std::string why =
      fmt::format("{}:{} says {}{}{}", address.host, address.port, head.status,
                  head.reason.empty() ? "" : " " + clean(head.reason),
                  said.empty() ? "" : ": " + said);
  if (!head.redirect.empty()) {
    throw base::Error(base::ErrorKind::invalid_input,
                      why + ", which a " + call.method + " does not follow");
  }
  const base::ErrorKind kind = kind_of_status(head.status);
  if (kind != base::ErrorKind::unavailable) {
    base::Error error(kind, std::move(why));
    if (head.status == kTooLarge) {
      error.hint(
          "raise the limit of the registry, or of the proxy before it (nginx: "
          "client_max_body_size)");
    } else if (head.status == kProxyWantsLogin) {
      error.hint(
          "the proxy wants a name and a password: "
          "http_proxy=http://NAME:PASSWORD@HOST:PORT");
    } else if (kind == base::ErrorKind::denied) {
      error.hint(fmt::format("\"strake login {}\" tells it who you are",
                             settings_.name));
    }
    throw error;
  }
  Unavailable later(std::move(why));
  later.asked_pause = find_retry_after(head);
  if (later.asked_pause > limits_.longest_pause) {
    later.hint(fmt::format("it asks not to be asked for {} seconds",
                           later.asked_pause->count()));
  }
  throw later;
}

void RegistryHost::wait(Retry& retry, const base::Error& error,
                        bool has_progressed) {
  try {
    retry.wait(error, has_progressed);
  } catch (base::Error& last) {
    name_in(last);
    throw_tried(last, retry.tries());
  }
}

}  // namespace registry

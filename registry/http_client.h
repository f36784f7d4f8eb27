// One HTTP exchange at a time: a request, its reply's head, its body handed on
// as it comes. No redirects and no second tries (download.h has those).
//
// Only http and https; certificates are verified; SSL_CERT_FILE and
// SSL_CERT_DIR count as they do for other programs. Nothing waits for ever:
// connecting and standing still have limits. A stop ends a wait at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace registry {

struct HttpLimits {
  std::chrono::seconds connect{20};
  // Less than a byte a second over this time is standing still.
  std::chrono::seconds stall{60};
  std::size_t header_bytes = 256U << 10U;  // of one reply
  int redirects = 10;
  // Tries in a row that bring no byte; tries at all.
  int fruitless_tries = 4;
  int tries = 40;
  std::chrono::milliseconds first_delay{200};  // before the second try
};

// Which proxy serves an address: http_proxy, https_proxy, all_proxy and
// no_proxy in either spelling, the lower-case one first. This machine is never
// reached through one.
struct Proxies {
  // From "NAME=value" words; later ones win.
  explicit Proxies(const std::vector<std::string>& environment = {});
  // Those of this process.
  static Proxies of_process();
  // Empty for none.
  std::string find(std::string_view url) const;

  std::map<std::string, std::string> variables;  // lower-case names
};

struct HttpRequest {
  std::string url;                   // without credentials
  std::vector<std::string> headers;  // "Name: value"
  bool takes_gzip = false;           // the body is unpacked on the way
};

// The head of a reply, and from whom it came.
struct HttpReply {
  int status = 0;
  std::string reason;  // "Not Found"; HTTP/2 has none
  std::map<std::string, std::string>
      headers;           // lower-case names; the last wins
  std::string redirect;  // absolute; empty when it is none
  std::string peer;      // "93.184.216.34:443"

  // Empty when there is no such header.
  std::string header(const std::string& name) const;
};

// Not to be used by two threads at once.
class HttpClient {
 public:
  explicit HttpClient(Proxies proxies = Proxies::of_process(),
                      HttpLimits limits = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // What becomes of the body, asked when the head is whole.
  enum class Body { take, drop };
  using OnReply = std::function<Body(const HttpReply& reply)>;
  using OnBody = std::function<void(std::string_view bytes)>;

  // GET. What the callbacks throw comes out of here.
  // Throws: unavailable (another try may help), denied for a certificate that
  // does not hold, invalid_input for an address or reply that makes no sense,
  // cancelled, unsupported without libcurl.
  HttpReply get(const HttpRequest& request, const OnReply& on_reply,
                const OnBody& on_body, const std::stop_token& stop);

  const HttpLimits& limits() const noexcept { return limits_; }

 private:
  struct State;
  Proxies proxies_;
  HttpLimits limits_;
  std::unique_ptr<State> state_;
};

// An address with what may not stand in one escaped, and its parts.
// Throws: invalid_input.
struct HttpAddress {
  explicit HttpAddress(const std::string& url);
  std::string url;       // without credentials and fragment
  std::string user;      // decoded
  std::string password;  // decoded
  std::string scheme;
  std::string host;
  std::string port;  // filled in
  bool has_credentials() const { return !user.empty() || !password.empty(); }
  // Whether what is for one may be told to the other: the same host and port,
  // or the same host with TLS where there was none, both at their usual ports.
  bool trusts(const HttpAddress& other) const;
};

// Where a reply's `location` leads, which may be relative to the `url` that was
// asked for; as it is where it makes no sense.
std::string resolve_address(const std::string& url,
                            const std::string& location);

// Seconds since 1970 of a Last-Modified; nullopt when it is no date.
std::optional<std::int64_t> find_http_date(const std::string& text);

}  // namespace registry

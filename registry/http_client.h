// HTTP, one exchange at a time: a request with its body, its reply's head, and
// the reply's body as it is read. No redirects, no credentials and no second
// tries (download.h and registry_host.h have those).
//
// Only http and https; HTTP/2 where a server with TLS offers it. Certificates
// are verified; SSL_CERT_FILE and SSL_CERT_DIR count as they do for other
// programs. Nothing waits for ever: connecting and standing still have limits.
// A stop ends a wait at once.
//
// No thread works behind the scenes: bytes move while somebody waits for them
// in reply(), read() or send(), and what comes in between waits in the kernel.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
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
  // Less than this over that time is standing still: a server that trickles
  // must not hold a build for ever.
  long least_bytes_a_second = 1024;
  std::chrono::seconds stall{60};
  // The same, once a server has all of what it is to keep: large blobs are
  // hashed and moved before it answers.
  std::chrono::seconds answer{300};
  // From the request to the end of a document that is read at once, however
  // it comes.
  std::chrono::seconds document{300};
  std::size_t header_bytes = 256U << 10U;  // of one reply
  int redirects = 10;
  // Tries in a row that bring no byte; that find no server, or none that says
  // anything; tries at all.
  int fruitless_tries = 8;
  int unreached_tries = 4;
  int tries = 40;
  std::chrono::milliseconds first_delay{200};  // before the second try
  std::chrono::seconds longest_pause{120};     // that a server may ask for
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

// Whom a client believes, and what it proves itself with.
struct TlsSettings {
  std::string authorities;  // PEM, beside the machine's own
  std::filesystem::path certificate;
  std::filesystem::path key;
  bool verifies = true;
  // What to do about a certificate that does not hold; empty: the usual hint.
  std::string advice{};

  bool operator==(const TlsSettings&) const = default;
};

struct HttpRequest {
  std::string url;                     // without credentials
  std::vector<std::string> headers{};  // "Name: value"
  bool takes_gzip = false;             // the reply is unpacked on the way
  std::string method = "GET";
  // What is sent, whole. Not with `stream`.
  std::string body{};
  enum class Stream {
    none,
    open,   // the body is given to send(), then finish() ends it
    sized,  // the same, of stream_bytes
  };
  Stream stream = Stream::none;
  std::uint64_t stream_bytes = 0;
};

// The head of a reply, and from whom it came.
struct HttpReply {
  int status = 0;
  std::string reason;  // "Not Found"; HTTP/2 has none
  // Lower-case names; several of one name are joined by ", ".
  std::map<std::string, std::string> headers;
  std::string redirect;  // absolute; empty when it is none
  std::string peer;      // "93.184.216.34:443"

  // Empty when there is no such header.
  std::string header(const std::string& name) const;
};

// Keeps connections for the exchanges it makes, one after the other. Not to be
// used by two threads at once.
class HttpClient {
 public:
  explicit HttpClient(Proxies proxies = Proxies::of_process(),
                      HttpLimits limits = {}, TlsSettings tls = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  const HttpLimits& limits() const noexcept { return limits_; }

 private:
  friend class HttpExchange;
  struct State;
  Proxies proxies_;
  HttpLimits limits_;
  TlsSettings tls_;
  std::unique_ptr<State> state_;
};

// One request and its reply. A client has one at a time; dropped in the middle,
// it costs the connection.
//
// Every member throws: unavailable (another try may help), denied for a
// certificate that does not hold, invalid_input for an address or reply that
// makes no sense, cancelled, unsupported without libcurl.
class HttpExchange {
 public:
  // The client must outlive it.
  HttpExchange(HttpClient& client, const HttpRequest& request,
               std::stop_token stop);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  // Of a request with a stream: sends these bytes. False when the server has
  // answered already and wants no more of them: see reply().
  bool send(std::string_view bytes);
  // The stream's end: from here on the server may take its time.
  void finish();

  // Waits for the head.
  const HttpReply& reply();
  // Some of the body, waiting for it; 0 at its end.
  std::size_t read(std::byte* buffer, std::size_t size);
  // All of it that is left. Throws: invalid_input when that is more than
  // `most_bytes`; unavailable when it takes longer than HttpLimits::document.
  std::string read_all(std::size_t most_bytes);

 private:
  HttpClient::State& state_;
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

// Where `location` of a reply leads, which may be relative to what was asked
// for. As it is when it makes no sense.
std::string resolve_address(const std::string& url,
                            const std::string& location);

// Seconds since 1970 of a Last-Modified; nullopt when it is no date.
std::optional<std::int64_t> find_http_date(const std::string& text);

}  // namespace registry

// One registry and the way there: requests with the authorization it wants,
// redirects followed, tries repeated. What is asked for is the caller's
// (repository.h).
//
// What a redirect leads to gets no credentials unless it is the registry
// itself. 307 and 308 take a body along. From TLS to none goes nothing but what
// a digest vouches for. A registry that may be without TLS is tried with it
// first.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "registry/authenticator.h"
#include "registry/http_client.h"
#include "registry/retry.h"

namespace registry {

struct HostSettings {
  std::string name;       // as people and credentials call it: "docker.io"
  std::string authority;  // where it is: "registry-1.docker.io", "[::1]:5000"
  TlsSettings tls;
  bool is_insecure = false;  // any certificate will do, and plain HTTP
};

// A request to a registry.
struct Call {
  std::string path;  // from the host's root, "/v2/…"; or a whole address
  std::string method = "GET";
  std::vector<std::string> headers{};
  std::string body{};
  HttpRequest::Stream stream = HttpRequest::Stream::none;
  std::uint64_t stream_bytes = 0;
  Scopes scopes;
  // Statuses that are answers and no errors, beside those of success.
  std::vector<int> answers;
};

class RegistryHost;

// A reply that is being read. Its connection serves the next one when it has
// been read to its end.
class RegistryReply {
 public:
  RegistryReply(RegistryReply&&) noexcept;
  RegistryReply& operator=(RegistryReply&&) = delete;
  RegistryReply(const RegistryReply&) = delete;
  RegistryReply& operator=(const RegistryReply&) = delete;
  ~RegistryReply();

  const HttpReply& head();
  std::size_t read(std::byte* buffer, std::size_t size);
  std::string read_all(std::size_t most_bytes);
  // Of a call with a stream.
  bool send(std::string_view bytes);
  void finish();
  // Where it came from in the end.
  const std::string& url() const noexcept { return url_; }

 private:
  friend class RegistryHost;
  RegistryReply(RegistryHost& host, std::unique_ptr<HttpClient> client);
  RegistryHost* host_;
  std::unique_ptr<HttpClient> client_;
  std::unique_ptr<HttpExchange> exchange_;
  std::string url_;
  std::string authorization_;
  template <typename Work>
  decltype(auto) named(const Work& work);
};

// Threads: all members may be called at once.
class RegistryHost {
 public:
  RegistryHost(HostSettings settings, Authenticator::Find find_credential,
               Proxies proxies, HttpLimits limits);
  ~RegistryHost();
  RegistryHost(const RegistryHost&) = delete;
  RegistryHost& operator=(const RegistryHost&) = delete;

  const HostSettings& settings() const noexcept { return settings_; }
  const HttpLimits& limits() const noexcept { return limits_; }

  // One try: authorized, and redirected to whoever answers. A call with a
  // stream comes back before its body is sent; then follow() or judge() its
  // head.
  // Throws: unavailable where another try may help; denied, not_found,
  // invalid_input as the registry has it, with its own words; cancelled.
  RegistryReply open(const Call& call, const std::stop_token& stop);
  // Whether the reply to a call with a stream sends its body elsewhere: then
  // `call` leads there, for the caller to open again.
  static bool follow(Call& call, RegistryReply& reply);
  // Throws what the reply to `call` means where it is neither a success nor one
  // of its answers.
  void judge(const Call& call, RegistryReply& reply,
             const std::stop_token& stop);

  // Tries until `use` of an opened reply comes back, as often as makes sense.
  template <typename Use>
  auto ask(const Call& call, const std::stop_token& stop, const Use& use) {
    Retry retry(limits_, stop);
    for (;;) {
      try {
        RegistryReply reply = open(call, stop);
        return use(reply);
      } catch (const base::Error& error) {
        wait(retry, error, false);
      }
    }
  }
  // Before the next try of something longer. Throws: as Retry::wait().
  void wait(Retry& retry, const base::Error& error, bool has_progressed);

 private:
  friend class RegistryReply;
  // What happened says where, unless it does already.
  void name_in(base::Error& error) const;
  RegistryReply try_open(const Call& call, const std::stop_token& stop);
  std::string address_of(const std::string& path, const std::stop_token& stop);
  std::string find_scheme(const std::stop_token& stop);
  std::unique_ptr<HttpClient> take_client();
  void give_back(std::unique_ptr<HttpClient> client);
  std::string answer(const Call& call, RegistryReply& reply,
                     const std::stop_token& stop);
  HttpRequest make_request(const Call& call, const std::string& url) const;
  HttpAddress read_redirect(const std::string& url) const;
  void refuse_downgrade(const Call& call, const HttpAddress& home,
                        const HttpAddress& address) const;

  HostSettings settings_;
  Proxies proxies_;
  HttpLimits limits_;
  Authenticator authenticator_;
  base::Guarded<std::vector<std::unique_ptr<HttpClient>>> idle_;
  base::Guarded<std::string> scheme_;
};

}  // namespace registry

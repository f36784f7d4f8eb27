// One bucket and the way there: requests signed, sent where the bucket is, and
// repeated where that helps. What is asked for is the caller's (s3_bucket.h).
//
// Amazon's own buckets are "https://BUCKET.s3.REGION.amazonaws.com"; a bucket
// with a dot in its name, which no certificate of Amazon's would match, is
// addressed by path, "https://s3.REGION.amazonaws.com/BUCKET". So are buckets
// of an endpoint that is an IP address, and all where that is asked for.
//
// A bucket that turns out to be in another region, or at another address, is
// asked there, with a signature made for there; never without TLS when it was
// asked with it. Bodies are hashed for the signature unless TLS guards them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/guarded.h"
#include "registry/http_client.h"
#include "registry/retry.h"
#include "registry/s3_credentials.h"
#include "registry/s3_error.h"

namespace registry {

struct S3Settings {
  std::string bucket;
  std::string region;
  std::string endpoint_url{};  // empty: Amazon's
  bool uses_path_style = false;
};

// A request about the bucket, or about one of its objects.
struct S3Call {
  std::string method = "GET";
  std::string key{};    // empty: the bucket
  std::string query{};  // escaped: "list-type=2&prefix=a%2F"
  std::vector<std::string> headers{};
  std::string_view body{};
  // Statuses that are answers and no errors, beside those of success.
  std::vector<int> answers{};
};

class S3Host;

// A reply that is being read. Its connection serves the next one when it has
// been read to its end.
class S3Reply {
 public:
  S3Reply(S3Reply&&) noexcept;
  S3Reply& operator=(S3Reply&&) = delete;
  S3Reply(const S3Reply&) = delete;
  S3Reply& operator=(const S3Reply&) = delete;
  ~S3Reply();

  const HttpReply& head();
  std::size_t read(std::byte* buffer, std::size_t size);
  std::string read_all(std::size_t most_bytes);

 private:
  friend class S3Host;
  S3Reply(S3Host& host, std::unique_ptr<HttpClient> client);
  S3Host* host_;
  std::unique_ptr<HttpClient> client_;
  std::unique_ptr<HttpExchange> exchange_;
};

// Threads: all members may be called at once.
class S3Host {
 public:
  // Throws: invalid_input for settings that make no address.
  S3Host(S3Settings settings, S3CredentialSources sources, Proxies proxies,
         HttpLimits limits, TlsSettings tls);
  ~S3Host();
  S3Host(const S3Host&) = delete;
  S3Host& operator=(const S3Host&) = delete;

  const S3Settings& settings() const noexcept { return settings_; }
  const HttpLimits& limits() const noexcept { return limits_; }
  // "s3://bucket/key", for people.
  std::string describe(std::string_view key) const;

  // One try. Throws: unavailable where another one may help; denied, not_found,
  // invalid_input as the server has it, with its code and words; cancelled.
  S3Reply open(const S3Call& call, const std::stop_token& stop);

  // Tries until `use` of an opened reply comes back, as often as makes sense.
  // The error names the object.
  template <typename Use>
  auto ask(const S3Call& call, const std::stop_token& stop, const Use& use) {
    Retry retry(limits_, stop);
    for (;;) {
      try {
        S3Reply reply = open(call, stop);
        return use(reply);
      } catch (base::Error& error) {
        wait(retry, error, call.key, false);
      }
    }
  }
  // Before the next try of something longer. Throws: as Retry::wait(), naming
  // the object.
  void wait(Retry& retry, base::Error& error, std::string_view key,
            bool has_progressed) const;

 private:
  friend class S3Reply;
  struct Place {
    std::string region;
    std::string url;  // empty: the region's
  };
  struct Attempt;
  std::string address_of(const Place& place, const S3Call& call) const;
  std::optional<Place> find_other_place(const Attempt& attempt);
  HttpRequest make_request(const Attempt& attempt, const S3Call& call) const;
  static std::string read_error(S3Reply& reply);
  std::unique_ptr<HttpClient> take_client();
  void give_back(std::unique_ptr<HttpClient> client);

  S3Settings settings_;
  Proxies proxies_;
  HttpLimits limits_;
  TlsSettings tls_;
  S3Credentials credentials_;
  base::Guarded<std::string> region_;  // where the bucket is
  base::Guarded<std::vector<std::unique_ptr<HttpClient>>> idle_;
};

}  // namespace registry

#include "registry/s3_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "registry/percent_encoding.h"

namespace registry {
namespace {

// What is read of a reply that is an error, so that it can be shown and its
// connection serves again.
constexpr std::size_t kMostErrorBytes = 64U << 10U;
constexpr std::size_t kMostIdle = 16;
constexpr std::size_t kMostKeyBytes = 1024;  // S3's own limit

base::Error invalid(std::string why) {
  return base::Error(base::ErrorKind::invalid_input, std::move(why));
}

bool is_word(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
  });
}

bool is_ip_address(const std::string& host) {
  return host.starts_with('[') ||
         host.find_first_not_of("0123456789.") == std::string::npos;
}

bool is_tls(std::string_view url) { return url.starts_with("https://"); }

void check(const S3Settings& settings) {
  if (!is_word(settings.bucket, ".-_")) {
    throw invalid(fmt::format("\"{}\" is no bucket's name", settings.bucket));
  }
  if (!is_word(settings.region, "-_")) {
    throw invalid(fmt::format("\"{}\" is no region of S3", settings.region))
        .hint("for a server of one's own, us-east-1 is the usual one");
  }
  if (settings.endpoint_url.empty()) return;
  const std::string& url = settings.endpoint_url;
  if (HttpAddress(url).has_credentials() ||
      url.find_first_of("?#") != std::string::npos) {
    throw invalid("endpoint_url has more than a scheme, a host and a path");
  }
}

// libcurl takes "." and ".." out of addresses, servers may, too: what was
// signed would not be what is asked for.
void check_key(std::string_view key) {
  if (key.size() > kMostKeyBytes) {
    throw invalid(fmt::format("a key of {} bytes: S3 has at most {}",
                              key.size(), kMostKeyBytes));
  }
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view part = key.substr(begin, end - begin);
    if (part == "." || part == "..") {
      throw invalid(fmt::format("the key \"{}\" has \"{}\" in it", key, part))
          .hint("give prefix, blobs_prefix and manifests_prefix without it");
    }
    begin = end + 1;
  }
}

}  // namespace

// As much of a refusal's body as there is.
std::string S3Host::read_error(S3Reply& reply) {
  try {
    return reply.read_all(kMostErrorBytes);
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    return {};
  }
}

// One request on its way.
struct S3Host::Attempt {
  Place place;
  std::string url;
  AwsCredentials credentials;
  HttpReply head{};
  S3Error error{};
};

S3Reply::S3Reply(S3Host& host, std::unique_ptr<HttpClient> client)
    : host_(&host), client_(std::move(client)) {}

S3Reply::S3Reply(S3Reply&& other) noexcept
    : host_(other.host_),
      client_(std::move(other.client_)),
      exchange_(std::move(other.exchange_)) {}

S3Reply::~S3Reply() {
  exchange_.reset();
  if (client_) host_->give_back(std::move(client_));
}

const HttpReply& S3Reply::head() { return exchange_->reply(); }

std::size_t S3Reply::read(std::byte* buffer, std::size_t size) {
  return exchange_->read(buffer, size);
}

std::string S3Reply::read_all(std::size_t most_bytes) {
  return exchange_->read_all(most_bytes);
}

S3Host::S3Host(S3Settings settings, S3CredentialSources sources,
               Proxies proxies, HttpLimits limits, TlsSettings tls)
    : settings_(std::move(settings)),
      proxies_(std::move(proxies)),
      limits_(limits),
      tls_(std::move(tls)),
      credentials_(std::move(sources), proxies_, limits),
      region_(std::in_place, settings_.region) {
  check(settings_);
}

S3Host::~S3Host() = default;

std::string S3Host::describe(std::string_view key) const {
  return fmt::format("s3://{}/{}", settings_.bucket, key);
}

std::unique_ptr<HttpClient> S3Host::take_client() {
  {
    const auto idle = idle_.lock();
    if (!idle->empty()) {
      auto client = std::move(idle->back());
      idle->pop_back();
      return client;
    }
  }
  return std::make_unique<HttpClient>(proxies_, limits_, tls_);
}

void S3Host::give_back(std::unique_ptr<HttpClient> client) {
  const auto idle = idle_.lock();
  if (idle->size() < kMostIdle) idle->push_back(std::move(client));
}

std::string S3Host::address_of(const Place& place, const S3Call& call) const {
  if (!place.url.empty()) return place.url;
  std::string base = settings_.endpoint_url;
  bool is_by_path = settings_.uses_path_style;
  if (base.empty()) {
    base = fmt::format("https://s3.{}.amazonaws.com{}", place.region,
                       place.region.starts_with("cn-") ? ".cn" : "");
    is_by_path = is_by_path || settings_.bucket.find('.') != std::string::npos;
  } else {
    const HttpAddress address(base);
    base = address.url;
    is_by_path = is_by_path || is_ip_address(address.host);
  }
  while (base.ends_with('/')) base.pop_back();
  if (is_by_path) {
    base += "/" + settings_.bucket;
  } else {
    base.insert(base.find("://") + 3, settings_.bucket + ".");
  }
  return fmt::format("{}/{}{}{}", base, percent_encode(call.key, Slashes::kept),
                     call.query.empty() ? "" : "?", call.query);
}

HttpRequest S3Host::make_request(const Attempt& attempt,
                                 const S3Call& call) const {
  HttpRequest request;
  request.url = attempt.url;
  request.method = call.method;
  request.body = call.body;
  AwsRequest to_sign{call.method, attempt.url, call.headers, {}};
  to_sign.payload_hash = !call.body.empty() && is_tls(attempt.url)
                             ? std::string(kUnsignedPayload)
                             : hash_payload(call.body);
  // Where a body may be, libcurl would say another type, unsigned.
  if (call.method == "PUT" || call.method == "POST") {
    to_sign.headers.emplace_back("Content-Type: application/octet-stream");
  }
  request.headers = sign_aws(std::move(to_sign), attempt.credentials,
                             {attempt.place.region, "s3"},
                             std::chrono::floor<std::chrono::seconds>(
                                 std::chrono::system_clock::now()));
  return request;
}

// Where the reply sends us; nullopt where it does not, or not anywhere new.
std::optional<S3Host::Place> S3Host::find_other_place(const Attempt& attempt) {
  const int status = attempt.head.status;
  const std::string& region = attempt.error.region;
  const bool is_moved = status == 301 || status == 307 || status == 308;
  // 400 is AuthorizationHeaderMalformed: the signature was for another region.
  if (!is_moved && status != 400) return std::nullopt;
  if (is_word(region, "-_") && region != attempt.place.region) {
    *region_.lock() = region;
    return Place{region, {}};
  }
  const std::string& to = attempt.head.redirect;
  if (!is_moved || to.empty() || to == attempt.url) return std::nullopt;
  if (is_tls(attempt.url) && !is_tls(to)) {
    throw base::Error(base::ErrorKind::denied,
                      fmt::format("{} redirects to an address without TLS",
                                  HttpAddress(attempt.url).host));
  }
  const HttpAddress address(to);
  return Place{attempt.place.region, address.url};
}

S3Reply S3Host::open(const S3Call& call, const std::stop_token& stop) {
  check_key(call.key);
  S3Reply reply(*this, take_client());
  Attempt attempt{{*region_.lock(), {}}, {}, credentials_.get(stop)};
  for (int hops = 0;; ++hops) {
    attempt.url = address_of(attempt.place, call);
    reply.exchange_.reset();
    reply.exchange_ = std::make_unique<HttpExchange>(
        *reply.client_, make_request(attempt, call), stop);
    attempt.head = reply.head();
    const int status = attempt.head.status;
    if (status >= 200 && status < 300) return reply;

    attempt.error = read_s3_error(attempt.head, read_error(reply));
    if (attempt.error.code != "NoSuchBucket" &&
        std::find(call.answers.begin(), call.answers.end(), status) !=
            call.answers.end()) {
      return reply;
    }
    if (hops < limits_.redirects) {
      if (attempt.error.is_expiry() &&
          credentials_.expire(attempt.credentials)) {
        attempt.credentials = credentials_.get(stop);
        continue;
      }
      if (auto place = find_other_place(attempt)) {
        attempt.place = std::move(*place);
        continue;
      }
    }
    const HttpAddress address(attempt.url);
    throw_s3_error(attempt.error, attempt.head,
                   fmt::format("{}:{}", address.host, address.port));
  }
}

void S3Host::wait(Retry& retry, base::Error& error, std::string_view key,
                  bool has_progressed) const {
  try {
    retry.wait(error, has_progressed);
  } catch (base::Error& last) {
    if (last.kind() == base::ErrorKind::cancelled) throw;
    last.add_context(describe(key));
    throw_tried(last, retry.tries());
  }
}

}  // namespace registry

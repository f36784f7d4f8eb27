#include "registry/aws_signature.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "registry/header_text.h"

namespace registry {

const std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned size = 0;
  if (::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(),
             out.data(), &size) == nullptr) {
    throw base::Error(base::ErrorKind::system, "hmac-sha256 is not available");
  }
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

// An address, taken apart without changing a byte of it.
struct UrlParts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view query;
};

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  const std::size_t authority = url.find("://");
  if (authority == std::string_view::npos) {
    throw base::Error(base::ErrorKind::invalid_input,
                      "an address without a scheme cannot be signed");
  }
  parts.scheme = url.substr(0, authority);
  url.remove_prefix(authority + 3);
  const std::size_t query = url.find('?');
  if (query != std::string_view::npos) {
    parts.query = url.substr(query + 1);
    url = url.substr(0, query);
  }
  const std::size_t path = url.find('/');
  parts.authority = url.substr(0, path);
  parts.path = path == std::string_view::npos ? "/" : url.substr(path);
  return parts;
}

// As clients send it: the port only where it is not the scheme's own.
std::string host_of(const UrlParts& parts) {
  std::string host = lower_case(parts.authority);
  const std::string_view usual = parts.scheme == "https" ? ":443" : ":80";
  if (host.ends_with(usual)) host.resize(host.size() - usual.size());
  return host;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> words;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view word = query.substr(0, end);
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    words.emplace_back(word.substr(0, equals), equals == std::string_view::npos
                                                   ? ""
                                                   : word.substr(equals + 1));
  }
  std::sort(words.begin(), words.end());
  std::string out;
  for (const auto& [name, value] : words) {
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  }
  return out;
}

// Spaces at the ends go; several in a row are one.
std::string squeeze(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\t') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

using Headers = std::map<std::string, std::string>;

Headers canonical_headers(const AwsRequest& request) {
  Headers headers;
  headers["host"] = host_of(split_url(request.url));
  for (const std::string& header : request.headers) {
    const std::size_t colon = header.find(':');
    std::string name = lower_case(header.substr(0, colon));
    std::string value =
        colon == std::string::npos
            ? std::string()
            : squeeze(std::string_view(header).substr(colon + 1));
    const auto [it, is_new] = headers.emplace(std::move(name), value);
    if (!is_new) it->second += "," + value;
  }
  return headers;
}

}  // namespace

std::string hash_payload(std::string_view payload) {
  return base::Digest::of(payload).hex();
}

std::string render_aws_time(std::chrono::sys_seconds time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text;
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return {text.data(), size};
}

std::string authorize_aws(const AwsRequest& request,
                          const AwsCredentials& credentials,
                          const AwsScope& scope,
                          std::chrono::sys_seconds time) {
  const UrlParts url = split_url(request.url);
  std::string lines;
  std::string names;
  for (const auto& [name, value] : canonical_headers(request)) {
    lines += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical = fmt::format(
      "{}\n{}\n{}\n{}\n{}\n{}", request.method, url.path,
      canonical_query(url.query), lines, names, request.payload_hash);

  const std::string moment = render_aws_time(time);
  const std::string day = moment.substr(0, moment.find('T'));
  const std::string scope_text =
      fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, moment,
                                          scope_text, hash_payload(canonical));
  std::string key = "AWS4" + credentials.secret_access_key;
  for (const std::string& part :
       {day, scope.region, scope.service, std::string("aws4_request")}) {
    key = hmac(key, part);
  }
  return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}",
                     kAlgorithm, credentials.access_key_id, scope_text, names,
                     to_hex(hmac(key, to_sign)));
}

std::vector<std::string> sign_aws(AwsRequest request,
                                  const AwsCredentials& credentials,
                                  const AwsScope& scope,
                                  std::chrono::sys_seconds time) {
  request.headers.push_back("X-Amz-Date: " + render_aws_time(time));
  request.headers.push_back("X-Amz-Content-Sha256: " + request.payload_hash);
  if (!credentials.session_token.empty()) {
    request.headers.push_back("X-Amz-Security-Token: " +
                              credentials.session_token);
  }
  request.headers.push_back("Authorization: " +
                            authorize_aws(request, credentials, scope, time));
  return std::move(request.headers);
}

}  // namespace registry

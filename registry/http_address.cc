// What libcurl itself makes of addresses, dates and proxies' names.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/error.h"
#include "registry/curl_library.h"
#include "registry/header_text.h"
#include "registry/http_client.h"

namespace registry {
namespace {

constexpr std::array<const char*, 4> kProxyNames = {"http_proxy", "https_proxy",
                                                    "all_proxy", "no_proxy"};

struct FreeUrl {
  void operator()(CURLU* url) const { curl_library().url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, FreeUrl>;

std::string part_of(const UrlHandle& url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_library().url_get(url.get(), part, &text, flags) != CURLUE_OK) {
    return {};
  }
  const std::unique_ptr<char, decltype(&::curl_free)> owner(
      text, curl_library().free);
  return text;
}

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") ||
         host.starts_with("127.") || host == "[::1]";
}

}  // namespace

HttpAddress::HttpAddress(const std::string& text) {
  const CurlLibrary& curl = curl_library();
  const UrlHandle handle(curl.url());
  const auto refuse = [](const char* why) {
    // The text itself may hold a password.
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("the address {}", why));
  };
  if (text.find('\0') != std::string::npos ||
      curl.url_set(handle.get(), CURLUPART_URL, text.c_str(),
                   CURLU_URLENCODE) != CURLUE_OK) {
    refuse("makes no sense");
  }
  user = part_of(handle, CURLUPART_USER, CURLU_URLDECODE);
  password = part_of(handle, CURLUPART_PASSWORD, CURLU_URLDECODE);
  for (const CURLUPart part :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT}) {
    curl.url_set(handle.get(), part, nullptr, 0);
  }
  scheme = lower_case(part_of(handle, CURLUPART_SCHEME, 0));
  host = lower_case(part_of(handle, CURLUPART_HOST, 0));
  port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  url = part_of(handle, CURLUPART_URL, 0);
  if (scheme != "http" && scheme != "https") {
    refuse("is neither http:// nor https://");
  }
}

bool HttpAddress::trusts(const HttpAddress& other) const {
  if (host != other.host) return false;
  if (scheme == other.scheme) return port == other.port;
  return scheme == "http" && port == "80" && other.port == "443";
}

std::string resolve_address(const std::string& url,
                            const std::string& location) {
  const CurlLibrary& curl = curl_library();
  const UrlHandle handle(curl.url());
  for (const std::string& part : {url, location}) {
    if (curl.url_set(handle.get(), CURLUPART_URL, part.c_str(),
                     CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
      return location;
    }
  }
  return part_of(handle, CURLUPART_URL, 0);
}

Proxies::Proxies(const std::vector<std::string>& environment) {
  // Twice, so that a lower-case name wins wherever it stands.
  for (const bool is_lower : {false, true}) {
    for (const std::string& word : environment) {
      const std::size_t equals = word.find('=');
      const std::string name = word.substr(0, equals);
      const std::string low = lower_case(name);
      if (equals == std::string::npos || (name == low) != is_lower) continue;
      if (std::find(kProxyNames.begin(), kProxyNames.end(), low) !=
          kProxyNames.end()) {
        variables[low] = word.substr(equals + 1);
      }
    }
  }
}

Proxies Proxies::of_process() {
  std::vector<std::string> words;
  for (char** word = environ; word != nullptr && *word != nullptr; ++word) {
    words.emplace_back(*word);
  }
  return Proxies(words);
}

std::string Proxies::find(std::string_view url) const {
  const HttpAddress address{std::string(url)};
  if (is_this_machine(address.host)) return {};
  for (const std::string& name :
       {address.scheme + "_proxy", std::string("all_proxy")}) {
    const auto it = variables.find(name);
    if (it != variables.end() && !it->second.empty()) return it->second;
  }
  return {};
}

std::optional<std::int64_t> find_http_date(const std::string& text) {
  const std::time_t time = curl_library().getdate(text.c_str(), nullptr);
  if (time < 0) return std::nullopt;
  return std::int64_t{time};
}

}  // namespace registry

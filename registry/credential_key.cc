#include "registry/credential_key.h"

#include <algorithm>
#include <array>

#include "registry/header_text.h"

namespace registry {
namespace {

constexpr std::string_view kDockerHub = "docker.io";
constexpr std::string_view kDockerHubAddress = "https://index.docker.io/v1/";

// True when there was one.
bool drop_scheme(std::string_view& text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (lower_case(text.substr(0, scheme.size())) != scheme) continue;
    text.remove_prefix(scheme.size());
    return true;
  }
  return false;
}

}  // namespace

bool CredentialKey::covers(const CredentialKey& repository) const {
  if (host != repository.host) return false;
  if (path.empty() || path == repository.path) return true;
  return repository.path.starts_with(path + "/");
}

CredentialKey parse_credential_key(std::string_view text) {
  const bool is_address = drop_scheme(text);
  const std::size_t slash = std::min(text.find('/'), text.size());
  CredentialKey key{lower_case(text.substr(0, slash)), {}};
  std::string_view path = text.substr(std::min(slash + 1, text.size()));
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!is_address && path != "v1" && path != "v2") key.path = path;
  constexpr std::array kDockerHubHosts = {"index.docker.io",
                                          "registry-1.docker.io"};
  if (std::find(kDockerHubHosts.begin(), kDockerHubHosts.end(), key.host) !=
      kDockerHubHosts.end()) {
    key.host = kDockerHub;
  }
  return key;
}

std::string render_credential_key(const CredentialKey& key) {
  if (!key.path.empty()) return key.host + "/" + key.path;
  return key.host == kDockerHub ? std::string(kDockerHubAddress) : key.host;
}

}  // namespace registry

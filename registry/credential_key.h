// What credentials are kept under in the files of docker and podman: a
// registry, or some of one's repositories.
//
//   quay.io, localhost:5000                  a registry
//   https://index.docker.io/v1/, host/v2/    an address: its host is the key
//   quay.io/team, quay.io/team/app           repositories: the path itself and
//                                            all below
//                                            (containers-auth.json(5))
//
// docker.io, index.docker.io and registry-1.docker.io are one registry, for
// which docker and helpers know the first address above alone.
#pragma once

#include <string>
#include <string_view>

namespace registry {

struct CredentialKey {
  std::string host;  // "docker.io", "[::1]:5000"; lower case
  std::string path;  // "team/app"; empty for the whole registry

  bool operator==(const CredentialKey&) const = default;

  // Whether credentials under this key are for `repository`.
  bool covers(const CredentialKey& repository) const;
};

// Takes any text; what names no host has an empty one.
CredentialKey parse_credential_key(std::string_view text);

// As docker writes it.
std::string render_credential_key(const CredentialKey& key);

}  // namespace registry

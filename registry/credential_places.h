// Where credentials are looked for, and where "strake login" puts them.
//
// 1. DOCKER_AUTH_CONFIG, the text of a config.json: docker takes it before all
//    else, and CI systems set it for one job. Never written.
// 2. What somebody has named, and then nothing else: DIR/config.json of
//    --config; without it $REGISTRY_AUTH_FILE (podman's) and
//    $DOCKER_CONFIG/config.json (docker's), in this order where both are set.
// 3. ~/.docker/config.json
// 4. $XDG_RUNTIME_DIR/containers/auth.json, without that variable
//    /run/containers/UID/auth.json
// 5. $XDG_CONFIG_HOME/containers/auth.json, without it below ~/.config
//
// podman's own order is 4, 5, 3 (containers-auth.json(5)). Here docker's file
// comes first because it is the one that login writes: who has just logged in
// must not be known by what another tool has left elsewhere.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace registry {

struct CredentialPlaces {
  // The value of an environment variable; empty where it is not set.
  using Variable = std::function<std::string(const char* name)>;

  // `uid` is whose files they are. `directory` is that of --config.
  static CredentialPlaces find(const std::optional<std::string>& directory,
                               const Variable& variable, unsigned uid);
  // Those of who started this process, whoever it is by now.
  static CredentialPlaces of_process(
      const std::optional<std::string>& directory);

  std::string text;                          // that of DOCKER_AUTH_CONFIG
  std::vector<std::filesystem::path> files;  // absolute; need not be there
  std::filesystem::path written;             // one of them; empty: none
};

}  // namespace registry

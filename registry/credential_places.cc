#include "registry/credential_places.h"

#include <fmt/format.h>
#include <sys/auxv.h>

#include <cstdlib>

namespace registry {

namespace fs = std::filesystem;

CredentialPlaces CredentialPlaces::find(
    const std::optional<std::string>& directory, const Variable& variable,
    unsigned uid) {
  CredentialPlaces places;
  places.text = variable("DOCKER_AUTH_CONFIG");
  // `below` starts with a slash, or is empty for `base` itself.
  const auto add = [&places](const std::string& base, const char* below) {
    if (base.empty()) return false;
    places.files.push_back(fs::absolute(base + below));
    return true;
  };

  if (directory) {
    add(*directory, "/config.json");
  } else {
    add(variable("REGISTRY_AUTH_FILE"), "");
    add(variable("DOCKER_CONFIG"), "/config.json");
  }
  const std::string home = variable("HOME");
  const bool is_named = !places.files.empty();
  if (is_named || add(home, "/.docker/config.json")) {
    places.written = places.files.front();
  }
  if (is_named) return places;
  if (!add(variable("XDG_RUNTIME_DIR"), "/containers/auth.json")) {
    add(fmt::format("/run/containers/{}", uid), "/auth.json");
  }
  if (!add(variable("XDG_CONFIG_HOME"), "/containers/auth.json")) {
    add(home, "/.config/containers/auth.json");
  }
  return places;
}

CredentialPlaces CredentialPlaces::of_process(
    const std::optional<std::string>& directory) {
  return find(
      directory,
      [](const char* name) {
        const char* const value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
      },
      static_cast<unsigned>(::getauxval(AT_UID)));
}

}  // namespace registry

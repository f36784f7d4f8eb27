// Where people keep what they say about registries. These are the files of
// Docker's and containers' tools: they are read here and never written.
//
// A value, so that a test points it at a directory of its own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace registry {

struct ConfigPlaces {
  // From "NAME=value" words: HOME, XDG_CONFIG_HOME, XDG_CACHE_HOME,
  // CONTAINERS_REGISTRIES_CONF (or REGISTRIES_CONFIG_PATH) and
  // CONTAINERS_REGISTRIES_CONF_DIR. What is empty counts as not there, as does
  // an XDG directory that is not absolute.
  explicit ConfigPlaces(const std::vector<std::string>& environment = {});
  // Those of this process and its user.
  static ConfigPlaces of_process();

  std::filesystem::path etc = "/etc";
  // Empty where there is no home.
  std::filesystem::path home;
  std::filesystem::path config;  // ~/.config
  // A registries.conf, and a directory of more, instead of the usual ones.
  std::optional<std::filesystem::path> registries_conf;
  std::optional<std::filesystem::path> registries_conf_dir;
  // What podman's users chose when it asked them which image a short name is.
  std::filesystem::path short_name_aliases;
};

}  // namespace registry

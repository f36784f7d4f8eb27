#include "registry/config_places.h"

#include <unistd.h>

#include <map>

namespace registry {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAliases = "containers/short-name-aliases.conf";

}  // namespace

ConfigPlaces::ConfigPlaces(const std::vector<std::string>& environment) {
  std::map<std::string, std::string> variables;
  for (const std::string& word : environment) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    variables[word.substr(0, equals)] = word.substr(equals + 1);
  }
  const auto find = [&](const char* name) -> std::optional<fs::path> {
    const auto it = variables.find(name);
    if (it == variables.end() || it->second.empty()) return std::nullopt;
    return fs::path(it->second);
  };
  const auto xdg = [&](const char* name, const char* usual) -> fs::path {
    const auto given = find(name);
    if (given && given->is_absolute()) return *given;
    return home.empty() ? fs::path() : home / usual;
  };
  home = find("HOME").value_or(fs::path());
  config = xdg("XDG_CONFIG_HOME", ".config");
  registries_conf = find("CONTAINERS_REGISTRIES_CONF");
  if (!registries_conf) registries_conf = find("REGISTRIES_CONFIG_PATH");
  registries_conf_dir = find("CONTAINERS_REGISTRIES_CONF_DIR");
  const fs::path cache = xdg("XDG_CACHE_HOME", ".cache");
  if (!cache.empty()) short_name_aliases = cache / kAliases;
}

ConfigPlaces ConfigPlaces::of_process() {
  std::vector<std::string> words;
  for (char** word = environ; word != nullptr && *word != nullptr; ++word) {
    words.emplace_back(*word);
  }
  ConfigPlaces places(words);
  if (::geteuid() == 0) {
    places.short_name_aliases = fs::path("/var/cache") / kAliases;
  }
  return places;
}

}  // namespace registry

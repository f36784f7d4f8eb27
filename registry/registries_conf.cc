#include "registry/registries_conf.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace registry {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = 1U << 20U;
constexpr std::string_view kWildcard = "*.";

std::optional<RegistriesConf> find_file(const fs::path& path) {
  const auto text = base::find_text(path, kMostBytes);
  if (!text) return std::nullopt;
  return parse_registries_conf(*text, path);
}

// "*.conf" of a directory, in the order of their names.
std::vector<fs::path> list_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code problem;
  fs::directory_iterator entries(directory, problem);
  for (; !problem && entries != fs::directory_iterator();
       entries.increment(problem)) {
    std::error_code ignored;
    if (entries->path().extension() == ".conf" &&
        !entries->is_directory(ignored)) {
      files.push_back(entries->path());
    }
  }
  if (problem && problem != std::errc::no_such_file_or_directory &&
      problem != std::errc::not_a_directory) {
    throw base::system_error(problem.value(),
                             fmt::format("reading {}", directory.string()));
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return a.native() < b.native();
  });
  return files;
}

struct Sources {
  fs::path file;
  bool is_required = false;
  std::vector<fs::path> directories;
};

Sources choose_sources(const ConfigPlaces& places) {
  const fs::path system = places.etc / "containers/registries.conf";
  const fs::path user = places.config.empty()
                            ? fs::path()
                            : places.config / "containers/registries.conf";
  std::error_code ignored;
  Sources sources;
  bool is_user = false;
  if (places.registries_conf) {
    sources.file = *places.registries_conf;
    sources.is_required = true;
  } else if (!user.empty() && fs::exists(user, ignored)) {
    sources.file = user;
    is_user = true;
  } else {
    sources.file = system;
  }
  if (places.registries_conf_dir) {
    sources.directories = {*places.registries_conf_dir};
    return sources;
  }
  if (!is_user) sources.directories.push_back(system.string() + ".d");
  if (!user.empty()) sources.directories.push_back(user.string() + ".d");
  return sources;
}

}  // namespace

bool RegistryEndpoint::serves(const Reference& reference) const {
  switch (use) {
    case MirrorUse::digests:
      return reference.digest.has_value();
    case MirrorUse::tags:
      return !reference.digest.has_value();
    case MirrorUse::all:
      break;
  }
  return true;
}

std::optional<std::size_t> RegistryRule::match(std::string_view name) const {
  std::size_t end = prefix.size();
  if (prefix.starts_with(kWildcard)) {
    // Any number of labels, in the host's name only.
    const std::string_view suffix = std::string_view(prefix).substr(1);
    const std::size_t start =
        name.substr(0, name.find_first_of("/:@")).rfind(suffix);
    if (start == std::string_view::npos) return std::nullopt;
    end = start + suffix.size();
  } else if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  constexpr std::string_view kSeparators = "/:@";
  if (end < name.size() &&
      kSeparators.find(name[end]) == std::string_view::npos) {
    return std::nullopt;
  }
  return end;
}

Reference RegistryRule::rewrite(const Reference& reference,
                                const RegistryEndpoint& place) const {
  const std::string name = reference.full();
  const auto end = match(name);
  if (!end || place.location.empty()) return reference;
  try {
    return parse_reference(place.location + name.substr(*end));
  } catch (base::Error& error) {
    error.add_context(
        fmt::format("{} sends {} to {}", origin, name, place.location));
    throw;
  }
}

const RegistryRule* RegistriesConf::find(const Reference& reference) const {
  const std::string name = reference.full();
  const RegistryRule* best = nullptr;
  for (const RegistryRule& rule : rules) {
    if (!rule.match(name)) continue;
    // Of two that are as long, the one that says the host's name.
    if (best == nullptr || rule.prefix.size() > best->prefix.size() ||
        (rule.prefix.size() == best->prefix.size() &&
         best->prefix.starts_with(kWildcard))) {
      best = &rule;
    }
  }
  return best;
}

void RegistriesConf::override_with(RegistriesConf later) {
  for (RegistryRule& rule : later.rules) {
    const auto old = std::find_if(
        rules.begin(), rules.end(),
        [&](const RegistryRule& it) { return it.prefix == rule.prefix; });
    if (old == rules.end()) {
      rules.push_back(std::move(rule));
    } else {
      *old = std::move(rule);
    }
  }
  if (later.search) {
    search = std::move(later.search);
    search_origin = std::move(later.search_origin);
  }
  if (later.short_name_mode) short_name_mode = later.short_name_mode;
  if (later.credential_helpers) {
    credential_helpers = std::move(later.credential_helpers);
  }
  for (auto& [name, alias] : later.aliases) aliases[name] = std::move(alias);
}

RegistriesConf read_registries_conf(const ConfigPlaces& places) {
  const Sources sources = choose_sources(places);
  auto conf = find_file(sources.file);
  if (!conf && sources.is_required) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("{} does not exist", sources.file.string()))
        .hint("CONTAINERS_REGISTRIES_CONF names it; unset it or make the file");
  }
  if (!conf) conf.emplace();
  for (const fs::path& directory : sources.directories) {
    for (const fs::path& path : list_files(directory)) {
      if (auto later = find_file(path)) conf->override_with(std::move(*later));
    }
  }
  if (!places.short_name_aliases.empty()) {
    if (auto chosen = find_file(places.short_name_aliases)) {
      conf->override_with(std::move(*chosen));
    }
  }
  return std::move(*conf);
}

}  // namespace registry

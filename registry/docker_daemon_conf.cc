#include "registry/docker_daemon_conf.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace registry {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uint64_t kMostConfBytes = 1U << 20U;

base::Error refuse(const fs::path& path, std::string_view why) {
  return base::Error(base::ErrorKind::invalid_input,
                     fmt::format("{}: {}", path.string(), why))
      .hint(
          "it is the configuration of Docker's daemon, whose mirrors and "
          "insecure registries count here too");
}

// nullopt where there is no file, or none for us.
std::optional<std::string> find_text(const fs::path& path) {
  try {
    return base::find_text(path, kMostConfBytes);
  } catch (base::Error& error) {
    if (error.kind() == base::ErrorKind::denied) return std::nullopt;
    throw;
  }
}

std::vector<std::string> read_list(const json& document, const char* key,
                                   const fs::path& path) {
  const auto list = document.find(key);
  if (list == document.end() || list->is_null()) return {};
  std::vector<std::string> texts;
  const bool is_list =
      list->is_array() &&
      std::all_of(list->begin(), list->end(),
                  [](const json& it) { return it.is_string(); });
  if (!is_list) {
    throw refuse(path, fmt::format("\"{}\" has to be a list of texts", key));
  }
  for (const json& text : *list) texts.push_back(text.get<std::string>());
  return texts;
}

// "https://host:port/" without what is around the host; whether it is http.
std::pair<std::string, bool> split_scheme(std::string text) {
  bool is_plain = false;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    is_plain = scheme == "http://";
    text.erase(0, scheme.size());
    break;
  }
  while (text.ends_with('/')) text.pop_back();
  return {std::move(text), is_plain};
}

std::optional<RegistryEndpoint> find_mirror(const std::string& address) {
  auto [host, is_plain] = split_scheme(address);
  // A name without a dot is a registry's only with its port.
  if (!names_registry(host + "/x")) host += is_plain ? ":80" : ":443";
  if (host.find('/') != std::string::npos || !names_registry(host + "/x")) {
    return std::nullopt;
  }
  RegistryEndpoint mirror;
  mirror.location = std::move(host);
  mirror.is_insecure = is_plain;
  return mirror;
}

json parse(const std::string& text, const fs::path& path) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(
                                        std::min(error.byte, text.size()));
    const auto line = 1 + std::count(text.begin(), end, '\n');
    throw refuse(fmt::format("{}:{}", path.string(), line), "this is no JSON");
  }
}

}  // namespace

bool DockerDaemonConf::is_insecure(const std::string& authority) const {
  return std::find(insecure_registries.begin(), insecure_registries.end(),
                   authority) != insecure_registries.end() ||
         is_in_any(host_of(authority), insecure_ranges);
}

DockerDaemonConf read_docker_daemon_conf(const ConfigPlaces& places) {
  fs::path path;
  std::optional<std::string> text;
  if (!places.config.empty()) {
    path = places.config / "docker/daemon.json";
    text = find_text(path);
  }
  if (!text) {
    path = places.etc / "docker/daemon.json";
    text = find_text(path);
  }
  DockerDaemonConf conf;
  if (!text || text->empty()) return conf;
  const json document = parse(*text, path);
  if (!document.is_object()) throw refuse(path, "it has to be an object");

  RegistryRule hub;
  hub.prefix = hub.endpoint.location = "docker.io";
  hub.origin = path.string();
  for (const std::string& address :
       read_list(document, "registry-mirrors", path)) {
    if (auto mirror = find_mirror(address)) {
      hub.mirrors.push_back(std::move(*mirror));
    }
  }
  if (!hub.mirrors.empty()) conf.hub = std::move(hub);
  for (const std::string& insecure :
       read_list(document, "insecure-registries", path)) {
    if (const auto range = IpRange::find_in(insecure)) {
      conf.insecure_ranges.push_back(*range);
    } else {
      conf.insecure_registries.push_back(split_scheme(insecure).first);
    }
  }
  return conf;
}

}  // namespace registry

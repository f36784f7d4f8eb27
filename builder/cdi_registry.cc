#include "builder/cdi_registry.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"

namespace builder {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uint64_t kMaxSpecBytes = 16U << 20U;
constexpr const char* kClassAnnotation =
    "org.mobyproject.buildkit.device.class";
constexpr const char* kAllowAnnotation =
    "org.mobyproject.buildkit.device.autoallow";

// A member of an object, or an empty value when it is not there.
const json& member(const json& object, const char* key) {
  static const json kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

std::string text_of(const json& object, const char* key) {
  const json& value = member(object, key);
  return value.is_null() ? std::string() : value.get<std::string>();
}

template <typename Number>
Number number_of(const json& object, const char* key, Number otherwise) {
  const json& value = member(object, key);
  return value.is_null() ? otherwise : value.get<Number>();
}

std::string host_path_of(const json& node) {
  const std::string host = text_of(node, "hostPath");
  return host.empty() ? text_of(node, "path") : host;
}

bool is_described(const json& node) {
  return !text_of(node, "type").empty() && node.contains("major");
}

void set_numbers(const struct stat& status, runtime::Device& device) {
  device.type = S_ISBLK(status.st_mode) ? 'b' : 'c';
  device.major = ::major(status.st_rdev);
  device.minor = ::minor(status.st_rdev);
}

bool is_device(const struct stat& status) {
  return S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
}

runtime::Device read_node(const json& node) {
  runtime::Device device;
  device.path = text_of(node, "path");
  if (is_described(node)) {
    const char type = text_of(node, "type")[0];
    device.type = type == 'u' ? 'c' : type;
    device.major = node.at("major").get<std::uint32_t>();
    device.minor = number_of<std::uint32_t>(node, "minor", 0);
  } else {
    const std::string host = host_path_of(node);
    struct stat status {};
    if (::stat(host.c_str(), &status) != 0) {
      throw base::system_error(errno, host);
    }
    if (!is_device(status)) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("{} is not a device", host));
    }
    set_numbers(status, device);
  }
  device.file_mode = number_of<std::uint32_t>(node, "fileMode", 0666);
  device.uid = number_of<std::uint32_t>(node, "uid", 0);
  device.gid = number_of<std::uint32_t>(node, "gid", 0);
  return device;
}

// A node that is made outside of /dev would be left in the layer; mounted, it
// is not. So it has to be on this machine, whatever its numbers say.
runtime::Mount bind_node(const json& node, const runtime::Device& device) {
  const std::string host = host_path_of(node);
  struct stat status {};
  runtime::Device there = device;
  const bool is_there = ::stat(host.c_str(), &status) == 0 && is_device(status);
  if (is_there) set_numbers(status, there);
  if (!is_there || there.type != device.type || there.major != device.major ||
      there.minor != device.minor) {
    throw base::Error(
        base::ErrorKind::unsupported,
        fmt::format("the node {} is outside of /dev and needs a hostPath that "
                    "is device {} {}:{}, as {} is not",
                    device.path, device.type, device.major, device.minor,
                    host));
  }
  return {device.path, "bind", host, {"rbind"}};
}

// "permissions" is what may be done with it; without, everything.
runtime::DeviceRule rule_of(const json& node, const runtime::Device& device) {
  runtime::DeviceRule rule{true, device.type, device.major, device.minor};
  if (!node.contains("permissions")) return rule;
  rule.access = text_of(node, "permissions");
  if (rule.access.empty() ||
      rule.access.find_first_not_of("rwm") != std::string::npos) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("the permissions \"{}\" of {} are not letters of \"rwm\"",
                    rule.access, device.path));
  }
  return rule;
}

runtime::Mount read_mount(const json& mount) {
  runtime::Mount bind{text_of(mount, "containerPath"),
                      "bind",
                      text_of(mount, "hostPath"),
                      {"rbind"}};
  for (const json& option : member(mount, "options")) {
    const auto text = option.get<std::string>();
    if (text != "bind" && text != "rbind") bind.options.push_back(text);
  }
  return bind;
}

void add_edits(const json& edits, DeviceEdits& all) {
  if (!member(edits, "hooks").empty()) {
    throw base::Error(base::ErrorKind::unsupported,
                      "it has hooks, which strake does not run");
  }
  for (const json& pair : member(edits, "env")) {
    all.env.push_back(pair.get<std::string>());
  }
  for (const json& node : member(edits, "deviceNodes")) {
    runtime::Device device = read_node(node);
    if (device.type != 'p') all.rules.push_back(rule_of(node, device));
    if (device.path.starts_with("/dev/")) {
      all.devices.push_back(std::move(device));
    } else {
      all.mounts.push_back(bind_node(node, device));
    }
  }
  for (const json& mount : member(edits, "mounts")) {
    all.mounts.push_back(read_mount(mount));
  }
}

CdiDevice read_device(const json& spec, const json& entry) {
  CdiDevice device;
  device.name = fmt::format("{}={}", spec.at("kind").get<std::string>(),
                            entry.at("name").get<std::string>());
  for (const json* source : {&spec, &entry}) {
    const json& annotations = member(*source, "annotations");
    if (annotations.contains(kClassAnnotation)) {
      device.group = text_of(annotations, kClassAnnotation);
    }
    if (annotations.contains(kAllowAnnotation)) {
      device.is_allowed = text_of(annotations, kAllowAnnotation) == "true";
    }
    try {
      add_edits(member(*source, "containerEdits"), device.edits);
    } catch (const base::Error& fault) {
      device.fault = fault;
    }
  }
  return device;
}

// Of a file all devices or none.
std::vector<CdiDevice> read_devices(const json& spec, const fs::path& file) {
  std::vector<CdiDevice> devices;
  for (const json& entry : spec.at("devices")) {
    CdiDevice& device = devices.emplace_back(read_device(spec, entry));
    if (device.fault) device.fault->add_context("in " + file.native());
  }
  return devices;
}

bool has_suffix(const fs::path& path, std::string_view suffix) {
  return path.extension() == suffix;
}

}  // namespace

CdiRegistry::CdiRegistry(const std::vector<fs::path>& directories) {
  for (const fs::path& directory : directories) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(directory, error), end; entry != end;
         entry.increment(error)) {
      files.push_back(entry->path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      if (has_suffix(file, ".json")) read(file);
      if (has_suffix(file, ".yaml") || has_suffix(file, ".yml")) {
        skipped_.push_back({file, "give the specification as JSON"});
      }
    }
  }
}

void CdiRegistry::read(const fs::path& file) {
  try {
    const json spec = json::parse(base::read_file(file, kMaxSpecBytes));
    for (CdiDevice& device : read_devices(spec, file)) {
      devices_.insert_or_assign(device.name, std::move(device));
    }
  } catch (const json::exception& fault) {
    skipped_.push_back({file, fault.what()});
  } catch (const base::Error& fault) {
    skipped_.push_back({file, fault.message()});
  }
}

std::vector<CdiDevice> CdiRegistry::find(std::string_view name) const {
  if (const auto exact = devices_.find(name); exact != devices_.end()) {
    return {exact->second};
  }
  const std::size_t equals = name.find('=');
  const std::string kind = std::string(name.substr(0, equals)) + "=";
  const std::string_view which =
      equals == name.npos ? "" : name.substr(equals + 1);
  std::vector<CdiDevice> found;
  for (const auto& [full, device] : devices_) {
    if (!full.starts_with(kind)) continue;
    if (which.empty()) return {device};
    if (which == "*" || device.group == which) found.push_back(device);
  }
  return found;
}

std::vector<fs::path> standard_cdi_directories() {
  return {"/etc/cdi", "/etc/buildkit/cdi", "/var/run/cdi"};
}

}  // namespace builder

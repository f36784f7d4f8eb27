#include "runtime/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "runtime/cgroup_parent.h"
#include "runtime/device_program.h"

namespace runtime {
namespace {

using Version = CgroupHierarchy::Version;

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const CgroupHierarchy* find_hierarchy(
    const std::string& v1_controller, const std::string& v2_controller,
    const std::vector<CgroupHierarchy>& hierarchies) {
  const auto found = std::find_if(
      hierarchies.begin(), hierarchies.end(), [&](const auto& hierarchy) {
        return hierarchy.version == Version::v1
                   ? contains(hierarchy.controllers, v1_controller)
                   : contains(read_cgroup_words(hierarchy.mount_point /
                                                "cgroup.controllers"),
                              v2_controller);
      });
  return found == hierarchies.end() ? nullptr : &*found;
}

const CgroupHierarchy* find_unified(
    const std::vector<CgroupHierarchy>& hierarchies) {
  const auto found = std::find_if(
      hierarchies.begin(), hierarchies.end(),
      [](const auto& hierarchy) { return hierarchy.version == Version::v2; });
  return found == hierarchies.end() ? nullptr : &*found;
}

const CgroupHierarchy& require_hierarchy(
    const ControllerSettings& settings,
    const std::vector<CgroupHierarchy>& hierarchies) {
  if (const CgroupHierarchy* found = find_hierarchy(
          settings.v1_controller, settings.v2_controller, hierarchies)) {
    return *found;
  }
  std::vector<std::string> places;
  for (const CgroupHierarchy& hierarchy : hierarchies) {
    places.push_back(hierarchy.mount_point.native());
  }
  throw base::Error(
      base::ErrorKind::unsupported,
      fmt::format("the limit cannot be set: cgroup controller \"{}\" is in "
                  "none of the mounted hierarchies ({})",
                  settings.v1_controller, fmt::join(places, ", ")))
      .hint("the kernel lacks it, or control groups are not mounted here");
}

void set(const CgroupDirectory& directory, const std::string& controller,
         const CgroupSetting& setting) {
  const CgroupSetting* chosen = &setting;
  CgroupSetting other;
  int error = directory.write(setting.file, setting.value);
  if (error == ENOENT && !setting.other_file.empty()) {
    other = {setting.other_file, setting.other_value};
    chosen = &other;
    error = directory.write(other.file, other.value);
  }
  if (error == 0 || (error == ENOENT && !setting.is_required)) return;
  throw limit_error(
      error,
      fmt::format("cgroup controller \"{}\", writing {} to {}", controller,
                  chosen->value, (directory.path() / chosen->file).native()));
}

// The number behind a key at a line's start.
std::uint64_t find_number(const std::string& text, std::string_view key) {
  const std::string lines = "\n" + text;
  const std::size_t at = lines.find(fmt::format("\n{} ", key));
  if (at == lines.npos) return 0;
  std::uint64_t number = 0;
  std::from_chars(lines.data() + at + key.size() + 2,
                  lines.data() + lines.size(), number);
  return number;
}

}  // namespace

std::vector<Cgroup::Part> Cgroup::plan_parts(
    const Resources& resources,
    const std::vector<CgroupHierarchy>& hierarchies) {
  std::vector<Part> parts;
  const auto part_of = [&](const CgroupHierarchy& hierarchy) -> Part& {
    for (Part& part : parts) {
      if (part.hierarchy == &hierarchy) return part;
    }
    return parts.emplace_back(Part{&hierarchy, {}});
  };
  for (ControllerSettings& settings : plan_limits(resources)) {
    const CgroupHierarchy& hierarchy = require_hierarchy(settings, hierarchies);
    part_of(hierarchy).limits.push_back(std::move(settings));
  }
  if (const auto* found = find_hierarchy("memory", "memory", hierarchies)) {
    part_of(*found).counts_memory = true;
  }
  if (resources.devices.empty()) return parts;
  const CgroupHierarchy* found = find_hierarchy("devices", "", hierarchies);
  if (found == nullptr) found = find_unified(hierarchies);
  if (found != nullptr) part_of(*found).devices = resources.devices;
  return parts;
}

Cgroup::Cgroup(const Resources& resources,
               const std::vector<CgroupHierarchy>& hierarchies) {
  if (!resources.devices.empty()) {
    device_fault_ = "no control groups are mounted";
  }
  for (const Part& part : plan_parts(resources, hierarchies)) {
    try {
      make(part, resources.cgroup_parent);
    } catch (const base::Error& error) {
      if (!part.limits.empty()) throw;
      if (!part.devices.empty()) device_fault_ = error.message();
    }
  }
}

Cgroup::~Cgroup() = default;

void Cgroup::make(const Part& part, const std::string& parent) {
  const CgroupHierarchy& hierarchy = *part.hierarchy;
  const bool is_unified = hierarchy.version == Version::v2;
  std::vector<std::string> controllers;
  for (const ControllerSettings& limit : part.limits) {
    controllers.push_back(is_unified ? limit.v2_controller
                                     : limit.v1_controller);
  }
  const auto place =
      find_cgroup_parent(hierarchy, parent, controllers, part.counts_memory);
  // Where memory cannot be counted for the asking, there is nothing to make.
  if (!place && part.devices.empty()) return;
  const std::filesystem::path& where = place ? *place : hierarchy.own;
  auto made = std::make_unique<CgroupDirectory>(hierarchy, where, controllers);
  for (const ControllerSettings& limit : part.limits) {
    const auto& files = is_unified ? limit.v2 : limit.v1;
    for (const CgroupSetting& setting : files) {
      check_cpuset(where, setting);
      set(*made, is_unified ? limit.v2_controller : limit.v1_controller,
          setting);
    }
  }
  if (!part.devices.empty()) {
    device_fault_ = set_device_rules(*made, part.devices);
  }
  if (is_unified) {
    unified_ = made->file().get();
  } else {
    entrance_files_.push_back(
        base::open_file(made->path() / "tasks", O_WRONLY));
    entrances_.push_back(entrance_files_.back().get());
  }
  if (part.counts_memory) memory_ = made.get();
  directories_.push_back(std::move(made));
}

// Returns why not, or nothing.
std::string Cgroup::set_device_rules(const CgroupDirectory& directory,
                                     const std::vector<DeviceRule>& rules) {
  if (directory.version() == Version::v2) {
    const int error =
        attach_device_program(directory.file(), compile_device_rules(rules));
    if (error == 0) return {};
    return fmt::format("attaching a device program to {}: {}",
                       directory.path().native(), std::strerror(error));
  }
  for (const CgroupSetting& setting : plan_device_rules(rules).v1) {
    const int error = directory.write(setting.file, setting.value);
    if (error == 0 || !setting.is_required) continue;
    return fmt::format("writing {} to {}: {}", setting.value,
                       (directory.path() / setting.file).native(),
                       std::strerror(error));
  }
  return {};
}

std::optional<std::uint64_t> Cgroup::find_peak_memory_bytes() const {
  if (memory_ == nullptr) return std::nullopt;
  const auto text = memory_->read(memory_->version() == Version::v1
                                      ? "memory.max_usage_in_bytes"
                                      : "memory.peak");
  if (!text) return std::nullopt;  // v2 before Linux 5.19
  std::uint64_t bytes = 0;
  std::from_chars(text->data(), text->data() + text->size(), bytes);
  return bytes;
}

std::uint64_t Cgroup::count_oom_kills() const {
  if (memory_ == nullptr) return 0;
  const auto text =
      memory_->read(memory_->version() == Version::v1 ? "memory.oom_control"
                                                      : "memory.events");
  return text ? find_number(*text, "oom_kill") : 0;
}

void sweep_cgroups(const std::vector<CgroupHierarchy>& hierarchies) {
  for (const CgroupHierarchy& hierarchy : hierarchies) {
    sweep_cgroups(hierarchy.own);
    if (hierarchy.version == Version::v1) continue;
    for (std::filesystem::path at = hierarchy.own;
         at != hierarchy.mount_point && at.has_relative_path();) {
      at = at.parent_path();
      sweep_cgroups(at);
    }
  }
}

}  // namespace runtime

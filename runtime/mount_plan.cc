#include "runtime/mount_plan.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/error.h"

namespace runtime {
namespace {

struct Attribute {
  std::string_view option;
  std::uint64_t set;
};

constexpr std::array kAttributes = {
    Attribute{"ro", MOUNT_ATTR_RDONLY},
    Attribute{"rro", MOUNT_ATTR_RDONLY},
    Attribute{"rw", 0},
    Attribute{"nosuid", MOUNT_ATTR_NOSUID},
    Attribute{"suid", 0},
    Attribute{"nodev", MOUNT_ATTR_NODEV},
    Attribute{"dev", 0},
    Attribute{"noexec", MOUNT_ATTR_NOEXEC},
    Attribute{"exec", 0},
    Attribute{"noatime", MOUNT_ATTR_NOATIME},
    Attribute{"strictatime", MOUNT_ATTR_STRICTATIME},
    Attribute{"relatime", 0},
    Attribute{"nodiratime", MOUNT_ATTR_NODIRATIME},
    Attribute{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW},
    // Everything in the sandbox is private; nothing to do for these.
    Attribute{"private", 0},
    Attribute{"rprivate", 0},
};

std::optional<std::uint64_t> find_attribute(std::string_view option) {
  const auto found =
      std::find_if(kAttributes.begin(), kAttributes.end(),
                   [&](const Attribute& a) { return a.option == option; });
  if (found == kAttributes.end()) return std::nullopt;
  return found->set;
}

bool has_option(const Mount& mount, std::string_view option) {
  return std::find(mount.options.begin(), mount.options.end(), option) !=
         mount.options.end();
}

Parameter parse_parameter(const std::string& option) {
  const std::size_t equals = option.find('=');
  if (equals == std::string::npos) return {option, {}, true};
  return {option.substr(0, equals), option.substr(equals + 1), false};
}

void plan_bind(const Mount& mount, MountPlan& plan) {
  plan.kind = MountPlan::Kind::bind;
  plan.recursive = has_option(mount, "rbind");
  plan.source = std::filesystem::absolute(mount.source).native();
  struct stat status {};
  if (::stat(plan.source.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) {
      throw base::system_error(
          errno, fmt::format("reading mount source {}", plan.source));
    }
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("mount source {} does not exist", plan.source));
  }
  plan.point = S_ISDIR(status.st_mode) ? PointKind::directory : PointKind::file;
}

unsigned parse_number(const std::string& text, int base) {
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("\"{}\" is not a number", text));
  }
  return value;
}

void plan_memory_file(const Mount& mount, MountPlan& plan) {
  plan.kind = MountPlan::Kind::memory_file;
  plan.point = PointKind::file;
  plan.content = mount.content;
  for (const std::string& option : mount.options) {
    const Parameter parameter = parse_parameter(option);
    if (parameter.key == "mode") {
      plan.file_mode = parse_number(parameter.value, 8);
    } else if (parameter.key == "uid") {
      plan.file_uid = parse_number(parameter.value, 10);
    } else if (parameter.key == "gid") {
      plan.file_gid = parse_number(parameter.value, 10);
    } else if (const auto attribute = find_attribute(option)) {
      plan.attributes |= *attribute;
    } else {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("unknown option \"{}\" of the file on {}",
                                    option, plan.destination));
    }
  }
}

bool host_has_unified_cgroups() {
  struct statfs status {};
  return ::statfs("/sys/fs/cgroup", &status) == 0 &&
         status.f_type == CGROUP2_SUPER_MAGIC;
}

}  // namespace

std::string clean_path(const std::string& path) {
  std::string clean;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part(path.data() + at, end - at);
    if (!part.empty() && part != ".") clean.append("/").append(part);
    at = end + 1;
  }
  return clean.empty() ? "/" : clean;
}

MountPlan plan_mount(const Mount& mount) {
  MountPlan plan;
  plan.destination = clean_path(mount.destination);
  if (!mount.destination.starts_with('/') || plan.destination == "/") {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("\"{}\" cannot be the target of a mount",
                                  mount.destination));
  }
  const bool is_bind = mount.type == "bind" || has_option(mount, "bind") ||
                       has_option(mount, "rbind");
  if (mount.type == "file") {
    plan_memory_file(mount, plan);
    return plan;
  }
  if (is_bind) {
    plan_bind(mount, plan);
  } else {
    plan.type = mount.type == "cgroup" ? "cgroup2" : mount.type;
    if (!mount.source.empty()) {
      plan.parameters.push_back({"source", mount.source, false});
    }
  }
  plan.is_real = has_option(mount, kRealSource);
  for (const std::string& option : mount.options) {
    if (option == "bind" || option == "rbind" || option == kRealSource) {
      continue;
    }
    if (const auto attribute = find_attribute(option)) {
      plan.attributes |= *attribute;
    } else if (is_bind) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("unknown option \"{}\" of the mount on {}",
                                    option, plan.destination));
    } else {
      plan.parameters.push_back(parse_parameter(option));
      plan.parameters.back().is_real = plan.is_real;
    }
  }
  return plan;
}

bool can_be_mounted(const Mount& mount) {
  return mount.type != "cgroup" || host_has_unified_cgroups();
}

std::vector<MountPlan> plan_mounts(const std::vector<Mount>& mounts) {
  std::vector<MountPlan> plans;
  plans.reserve(mounts.size());
  for (const Mount& mount : mounts) {
    if (can_be_mounted(mount)) plans.push_back(plan_mount(mount));
  }
  return plans;
}

}  // namespace runtime

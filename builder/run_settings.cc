#include "builder/run_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace builder {
namespace {

void set_limit(const runtime::Rlimit& limit,
               std::vector<runtime::Rlimit>& limits) {
  std::erase_if(limits, [&](const runtime::Rlimit& other) {
    return other.type == limit.type;
  });
  limits.push_back(limit);
}

void apply_security(const SecuritySettings& settings, runtime::Spec& spec) {
  runtime::Capabilities& capabilities = spec.process.capabilities;
  if (settings.capabilities) {
    capabilities.bounding = *settings.capabilities;
    capabilities.effective = *settings.capabilities;
    capabilities.permitted = *settings.capabilities;
    spec.linux.seccomp = runtime::default_seccomp(capabilities.bounding);
  }
  if (!settings.seccomp_name.empty()) {
    spec.linux.seccomp.reset();
    if (settings.seccomp) spec.linux.seccomp = *settings.seccomp;
  }
  spec.process.no_new_privileges |= settings.no_new_privileges;
  if (settings.has_all_paths) {
    spec.linux.masked_paths.clear();
    spec.linux.readonly_paths.clear();
  }
}

}  // namespace

bool Entitlements::allows_device(std::string_view name) const {
  const std::string_view kind = name.substr(0, name.find('='));
  return all_devices ||
         std::any_of(devices.begin(), devices.end(),
                     [&](std::string_view allowed) {
                       return allowed == name || allowed == kind ||
                              allowed == std::string(kind) + "=*";
                     });
}

void apply_settings(const RunSettings& settings, runtime::Spec& spec) {
  if (!settings.hostname.empty()) spec.hostname = settings.hostname;
  for (const runtime::Rlimit& limit : settings.rlimits) {
    set_limit(limit, spec.process.rlimits);
  }
  apply_security(settings.security, spec);
  auto rules = std::move(spec.linux.resources.devices);
  spec.linux.resources = settings.limits;
  spec.linux.resources.devices = std::move(rules);
  if (!settings.shm_bytes) return;
  for (runtime::Mount& mount : spec.mounts) {
    if (mount.destination != "/dev/shm") continue;
    for (std::string& option : mount.options) {
      if (option.starts_with("size=")) {
        option = fmt::format("size={}", *settings.shm_bytes);
      }
    }
  }
}

}  // namespace builder

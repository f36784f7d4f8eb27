#include "builder/run_settings.h"

#include <fmt/format.h>

#include <algorithm>

namespace builder {

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
  spec.process.rlimits = settings.rlimits;
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

#include "runtime/sandbox_plan.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "base/error.h"
#include "runtime/namespace_mounts.h"

namespace runtime {
namespace {

std::uint64_t namespace_flag(Namespace kind) {
  switch (kind) {
    case Namespace::mount:
      return CLONE_NEWNS;
    case Namespace::pid:
      return CLONE_NEWPID;
    case Namespace::ipc:
      return CLONE_NEWIPC;
    case Namespace::uts:
      return CLONE_NEWUTS;
    case Namespace::network:
      return CLONE_NEWNET;
    case Namespace::cgroup:
      return CLONE_NEWCGROUP;
    case Namespace::time:
      return 0x80;  // CLONE_NEWTIME
    case Namespace::user:
      break;
  }
  throw base::Error(base::ErrorKind::unsupported,
                    "a sandbox in a user namespace is not supported yet");
}

std::uint64_t namespace_flags(const std::vector<Namespace>& namespaces) {
  std::uint64_t flags = 0;
  for (const Namespace kind : namespaces) flags |= namespace_flag(kind);
  if ((flags & CLONE_NEWNS) == 0) {
    throw base::Error(base::ErrorKind::unsupported,
                      "a sandbox cannot share the mount namespace");
  }
  return flags;
}

// Devices and links belong into a /dev of our own, not into one that is bound
// over it.
bool has_own_dev(const std::vector<MountPlan>& mounts) {
  const auto last = std::find_if(
      mounts.rbegin(), mounts.rend(),
      [](const MountPlan& mount) { return mount.destination == "/dev"; });
  return last != mounts.rend() && last->type == "tmpfs";
}

bool has_bound_dev(const std::vector<MountPlan>& mounts) {
  return std::any_of(mounts.begin(), mounts.end(), [](const MountPlan& mount) {
    return mount.destination == "/dev" && mount.type != "tmpfs";
  });
}

DevicePlan plan_device(const Device& device) {
  const mode_t type = device.type == 'b'   ? S_IFBLK
                      : device.type == 'p' ? S_IFIFO
                                           : S_IFCHR;
  return {clean_path(device.path), type | device.file_mode,
          ::makedev(device.major, device.minor), device.uid, device.gid};
}

std::vector<DevicePlan> plan_devices(const std::vector<Device>& devices,
                                     const std::vector<MountPlan>& mounts) {
  std::vector<DevicePlan> plans;
  if (has_bound_dev(mounts)) return plans;
  plans.reserve(devices.size());
  for (const Device& device : devices) plans.push_back(plan_device(device));
  return plans;
}

std::optional<TerminalPlan> plan_terminal(const Process& process,
                                          bool is_console) {
  if (!process.terminal) return std::nullopt;
  TerminalPlan plan;
  plan.size.ws_row = process.console_size.height;
  plan.size.ws_col = process.console_size.width;
  plan.owner = process.user.uid;
  plan.is_console = is_console;
  return plan;
}

}  // namespace

SandboxPlan::SandboxPlan(const Spec& spec, const Root& root)
    : namespaces(namespace_flags(spec.linux.namespaces)),
      hostname(spec.hostname),
      mounts(plan_mounts(fit_mounts(spec))),
      overlay(plan_overlay(root, mounts)),
      devices(plan_devices(spec.linux.devices, mounts)),
      device_links(has_own_dev(mounts)),
      masked_paths(spec.linux.masked_paths),
      readonly_paths(spec.linux.readonly_paths),
      root_readonly(spec.root_readonly),
      identity(plan_identity(spec.process)),
      terminal(plan_terminal(spec.process, device_links)),
      command(spec.process) {}

void SandboxPlan::enter_cgroup_first() {
  cgroup_namespace_later = (namespaces & CLONE_NEWCGROUP) != 0;
  namespaces &= ~std::uint64_t{CLONE_NEWCGROUP};
}

void SandboxPlan::delegate(const OciRuntime& runtime, const Spec& spec,
                           const Root& root) {
  namespaces = CLONE_NEWNS | CLONE_NEWPID;
  cgroup_namespace_later = false;
  hostname.clear();
  oci.emplace(runtime, spec, root, mounts);
  overlay.mount_point = oci->rootfs;
  for (const std::string& directory : {oci->rootfs, oci->bundle}) {
    overlay.stubs.push_back({directory, PointKind::directory});
  }
}

}  // namespace runtime

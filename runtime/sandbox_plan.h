// Everything the child does between clone and exec, worked out beforehand.
//
// The child of a program with threads may neither allocate nor throw: another
// thread may have held the heap's lock when it was cloned. So the parent
// prepares every string and array here, and the child only walks them.
#pragma once

#include <linux/filter.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/command_plan.h"
#include "runtime/identity_plan.h"
#include "runtime/mount_plan.h"
#include "runtime/oci_plan.h"
#include "runtime/overlay_plan.h"
#include "runtime/spec.h"

namespace runtime {

struct DevicePlan {
  std::string path;
  mode_t mode = 0;  // type and permissions
  dev_t number = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct TerminalPlan {
  winsize size{};
  uid_t owner = 0;
  bool is_console = false;  // also /dev/console, in a /dev of our own
};

struct SandboxPlan {
  // `spec` and `root` must outlive the plan.
  // Throws: invalid_input, not_found, and unsupported for what the native
  // executor cannot do (a user namespace; sharing the mount namespace).
  SandboxPlan(const Spec& spec, const Root& root);

  // Has the child make its cgroup namespace in the group that it is to be in.
  void enter_cgroup_first();

  // Leaves all but the root, its mount points and the control group to an OCI
  // runtime, started in mount and pid namespaces of their own. Throws: as
  // OciPlan.
  void delegate(const OciRuntime& runtime, const Spec& spec, const Root& root);

  std::uint64_t namespaces = 0;         // CLONE_NEW*, for clone3
  bool cgroup_namespace_later = false;  // once in its cgroup
  std::string hostname;                 // empty: left as it is
  std::vector<MountPlan> mounts;
  OverlayPlan overlay;
  std::vector<DevicePlan> devices;
  bool device_links = false;  // /dev/fd and its like
  const std::vector<std::string>& masked_paths;
  const std::vector<std::string>& readonly_paths;
  bool root_readonly = false;
  std::span<const sock_filter> system_call_filter;  // empty: none
  IdentityPlan identity;
  std::optional<TerminalPlan> terminal;
  CommandPlan command;
  std::optional<OciPlan> oci;  // when a runtime does the rest
};

// What /dev holds besides devices: runtime-spec v1.1 runtime-linux.md and
// config-linux.md "Default Devices"; core, as runc has it, where the kernel has
// what it leads to.
struct DeviceLink {
  const char* path;
  const char* target;
};
inline constexpr DeviceLink kDeviceLinks[] = {
    {"/dev/fd", "/proc/self/fd"},       {"/dev/stdin", "/proc/self/fd/0"},
    {"/dev/stdout", "/proc/self/fd/1"}, {"/dev/stderr", "/proc/self/fd/2"},
    {"/dev/ptmx", "pts/ptmx"},          {"/dev/core", "/proc/kcore"},
};

}  // namespace runtime

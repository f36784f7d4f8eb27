// Docker's and BuildKit's defaults for a build step, as values.
#include "runtime/default_limits.h"
#include "runtime/spec.h"

namespace runtime {
namespace {

const std::vector<std::string>& default_capabilities() {
  static const std::vector<std::string> kNames = {"CAP_CHOWN",
                                                  "CAP_DAC_OVERRIDE",
                                                  "CAP_FSETID",
                                                  "CAP_FOWNER",
                                                  "CAP_MKNOD",
                                                  "CAP_NET_RAW",
                                                  "CAP_SETGID",
                                                  "CAP_SETUID",
                                                  "CAP_SETFCAP",
                                                  "CAP_SETPCAP",
                                                  "CAP_NET_BIND_SERVICE",
                                                  "CAP_SYS_CHROOT",
                                                  "CAP_KILL",
                                                  "CAP_AUDIT_WRITE"};
  return kNames;
}

std::vector<Mount> default_mounts() {
  return {
      {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
      {"/dev",
       "tmpfs",
       "tmpfs",
       {"nosuid", "strictatime", "mode=755", "size=65536k"}},
      {"/dev/pts",
       "devpts",
       "devpts",
       {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620",
        "gid=5"}},
      {"/dev/shm",
       "tmpfs",
       "shm",
       {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
      {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
      {"/sys/fs/cgroup",
       "cgroup",
       "cgroup",
       {"nosuid", "noexec", "nodev", "relatime", "ro"}},
  };
}

// Nodes of any device may be made, since archives hold them; opened only those
// that every sandbox has, its terminals among them.
std::vector<DeviceRule> default_device_rules() {
  return {
      {false},
      {true, 'c', {}, {}, "m"},
      {true, 'b', {}, {}, "m"},
      {true, 'c', 1, 3},    // null
      {true, 'c', 1, 5},    // zero
      {true, 'c', 1, 7},    // full
      {true, 'c', 1, 8},    // random
      {true, 'c', 1, 9},    // urandom
      {true, 'c', 5, 0},    // tty
      {true, 'c', 5, 1},    // console
      {true, 'c', 5, 2},    // ptmx
      {true, 'c', 136, {}}  // pts/*
  };
}

}  // namespace

Spec default_spec() {
  Spec spec;
  spec.hostname = "strakesandbox";
  spec.process.capabilities.bounding = default_capabilities();
  spec.process.capabilities.effective = default_capabilities();
  spec.process.capabilities.permitted = default_capabilities();
  spec.process.rlimits = default_limits();
  spec.mounts = default_mounts();
  spec.linux.namespaces = {Namespace::mount, Namespace::pid, Namespace::ipc,
                           Namespace::uts, Namespace::cgroup};
  spec.linux.devices = {
      {"/dev/null", 'c', 1, 3},    {"/dev/zero", 'c', 1, 5},
      {"/dev/full", 'c', 1, 7},    {"/dev/random", 'c', 1, 8},
      {"/dev/urandom", 'c', 1, 9}, {"/dev/tty", 'c', 5, 0},
  };
  spec.linux.resources.devices = default_device_rules();
  spec.linux.masked_paths = {"/proc/acpi",
                             "/proc/asound",
                             "/proc/kcore",
                             "/proc/keys",
                             "/proc/latency_stats",
                             "/proc/sched_debug",
                             "/proc/scsi",
                             "/proc/timer_list",
                             "/proc/timer_stats",
                             "/sys/firmware",
                             "/sys/devices/virtual/powercap"};
  spec.linux.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq",
                               "/proc/sys", "/proc/sysrq-trigger"};
  spec.linux.seccomp = default_seccomp(spec.process.capabilities.bounding);
  return spec;
}

}  // namespace runtime

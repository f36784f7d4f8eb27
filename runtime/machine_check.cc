#include "runtime/machine_check.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "base/temp_dir.h"
#include "runtime/nat_uplink.h"
#include "runtime/root_form.h"
#include "runtime/tied_process.h"
#include "runtime/user_namespace.h"

namespace runtime {
namespace {

using State = Finding::State;

bool can_open(const char* path) { return ::access(path, R_OK | W_OK) == 0; }

Finding check_kernel() {
  utsname kernel{};
  ::uname(&kernel);
  Finding finding{"kernel", State::ok, kernel.release, {}};
  unsigned major = 0;
  unsigned minor = 0;
  std::sscanf(kernel.release, "%u.%u", &major, &minor);
  if (major * 1000 + minor < 5012) {
    finding.state = State::missing;
    finding.fix = "boot Linux 5.12 or later";
  }
  return finding;
}

// The programs that map granted ids; root needs none.
Finding check_mappers() {
  Finding finding{"newuidmap", State::ok, {}, {}};
  for (const char* name : {"newuidmap", "newgidmap"}) {
    const std::string path = find_program(name);
    if (path.empty()) {
      return {"newuidmap", State::limited,
              fmt::format("there is no {}; builds have one id", name),
              "apt-get install uidmap"};
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_ISUID) == 0) {
      // Some distributions give it capabilities instead.
      finding.detail += fmt::format("{} (not setuid) ", path);
      finding.fix = fmt::format(
          "if mapping fails: chmod u+s {}, or setcap "
          "cap_setuid,cap_setgid+ep on both",
          path);
    } else {
      finding.detail += path + " ";
    }
  }
  finding.detail.pop_back();
  return finding;
}

Finding check_network() {
  // As open_uplink() decides.
  if (may_change_network()) {
    return {"network", State::ok, "interface pairs and NAT", {}};
  }
  std::string program = find_program("pasta");
  if (program.empty()) program = find_program("slirp4netns");
  if (program.empty()) {
    return {"network", State::limited,
            "neither pasta nor slirp4netns: steps reach nothing, or share the "
            "host's network",
            "apt-get install passt or slirp4netns"};
  }
  if (!can_open("/dev/net/tun")) {
    return {
        "network", State::limited,
        fmt::format("{}, but /dev/net/tun: {}", program, std::strerror(errno)),
        "chmod 666 /dev/net/tun; in a container --device /dev/net/tun"};
  }
  return {"network", State::ok, program, {}};
}

Finding check_fuse() {
  const std::string program = find_program("fuse-overlayfs");
  if (program.empty()) {
    return {"fuse-overlayfs",
            State::ok,
            "not installed; needed only where overlayfs cannot be had",
            {}};
  }
  if (!can_open("/dev/fuse")) {
    return {"fuse-overlayfs", State::limited,
            program +
                ", but /dev/fuse is closed; needed only where overlayfs "
                "cannot be had",
            "chmod 666 /dev/fuse; in a container --device /dev/fuse"};
  }
  return {"fuse-overlayfs", State::ok, program, {}};
}

Finding check_seccomp() {
  if (::access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0) {
    return {"seccomp", State::ok, "filters", {}};
  }
  return {"seccomp", State::missing, "the kernel has no filters",
          "boot a kernel with CONFIG_SECCOMP_FILTER"};
}

Finding check_cgroups() {
  struct statfs status {};
  if (::statfs("/sys/fs/cgroup", &status) != 0) {
    return {"control groups", State::limited, "none are mounted",
            "mount cgroup2 on /sys/fs/cgroup; needed for --memory and others"};
  }
  const bool is_unified = status.f_type == CGROUP2_SUPER_MAGIC;
  if (::geteuid() == 0) {
    return {"control groups", State::ok, is_unified ? "v2" : "v1", {}};
  }
  return {"control groups", State::ok,
          is_unified ? "v2; limits need controllers delegated to the user"
                     : "v1; limits are for root",
          is_unified ? "systemctl edit user@.service: Delegate=cpu cpuset io "
                       "memory pids"
                     : ""};
}

Finding check_runtimes() {
  std::string found;
  for (const char* name : {"crun", "runc"}) {
    const std::string path = find_program(name);
    if (!path.empty()) found += (found.empty() ? "" : " ") + path;
  }
  return {"OCI runtimes",
          State::ok,
          found.empty() ? "none; needed only for --runtime" : found,
          {}};
}

Finding failure(std::string what, const base::Error& error) {
  return {std::move(what), State::missing, error.message(), error.hint()};
}

// Changes who we are: the last but one.
Finding check_rights() {
  try {
    const Privileges privileges = acquire_privileges();
    return {"rights", privileges.warning.empty() ? State::ok : State::limited,
            describe(privileges), privileges.warning};
  } catch (const base::Error& error) {
    return failure("rights", error);
  }
}

Finding check_roots(const std::filesystem::path& scratch) {
  try {
    const base::TempDir directory(scratch);
    const RootForm form = choose_root_form({}, directory.path());
    const bool is_overlay =
        form == RootForm::overlay || form == RootForm::overlay_userxattr;
    return {"roots of steps", is_overlay ? State::ok : State::limited,
            fmt::format("{} in {}", describe(form), scratch.native()),
            is_overlay ? ""
                       : "put the store on ext4, xfs or btrfs, with Linux 5.11 "
                         "or later: --root DIRECTORY"};
  } catch (const base::Error& error) {
    return failure("roots of steps", error);
  }
}

}  // namespace

std::vector<Finding> examine_machine(const std::filesystem::path& scratch) {
  std::vector<Finding> findings = {check_kernel()};
  if (::geteuid() != 0) findings.push_back(check_mappers());
  for (auto* check : {check_network, check_cgroups, check_seccomp, check_fuse,
                      check_runtimes, check_rights}) {
    findings.push_back(check());
  }
  findings.push_back(check_roots(scratch));
  return findings;
}

}  // namespace runtime

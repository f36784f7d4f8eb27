// What a sandbox is without its walls: docker's --privileged, BuildKit's
// security.insecure. The namespaces stay.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/fd.h"
#include "runtime/identity_plan.h"
#include "runtime/spec.h"

namespace runtime {
namespace {

// The sandbox has its own of these.
constexpr std::string_view kOwnNames[] = {
    "pts",     "shm",  "mqueue", "fd",     "ptmx",
    "console", "core", "stdin",  "stdout", "stderr"};

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

Directory open_directory(int parent, const char* name) {
  const int file =
      ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return {file < 0 ? nullptr : ::fdopendir(file), ::closedir};
}

// Devices may go while they are listed; those are left out.
void list_devices(int parent, const char* name, const std::string& path,
                  std::vector<Device>& devices) {
  const Directory directory = open_directory(parent, name);
  if (!directory) return;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view base = entry->d_name;
    if (base.starts_with(".") ||
        (path == "/dev" && std::find(std::begin(kOwnNames), std::end(kOwnNames),
                                     base) != std::end(kOwnNames))) {
      continue;
    }
    struct stat status {};
    if (::fstatat(::dirfd(directory.get()), entry->d_name, &status,
                  AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    const std::string full = path + "/" + entry->d_name;
    if (S_ISDIR(status.st_mode)) {
      list_devices(::dirfd(directory.get()), entry->d_name, full, devices);
    } else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
      devices.push_back({full, S_ISBLK(status.st_mode) ? 'b' : 'c',
                         ::major(status.st_rdev), ::minor(status.st_rdev),
                         status.st_mode & 07777, status.st_uid, status.st_gid});
    }
  }
}

// The kernel makes a loop device when one is asked for, the node of which
// appears in the host's /dev alone: so there are more here than there are yet.
void add_loop_devices(std::vector<Device>& devices) {
  constexpr std::uint32_t kLoopMajor = 7;
  constexpr std::uint32_t kMore = 8;
  const auto is_known = [&](const std::string& path) {
    return std::any_of(devices.begin(), devices.end(),
                       [&](const Device& known) { return known.path == path; });
  };
  if (!is_known("/dev/loop-control")) return;
  for (std::uint32_t number = 0, added = 0; added < kMore; ++number) {
    const std::string path = fmt::format("/dev/loop{}", number);
    if (is_known(path)) continue;
    devices.push_back({path, 'b', kLoopMajor, number, 0660});
    ++added;
  }
}

}  // namespace

void unconfine(Spec& spec) {
  Capabilities& capabilities = spec.process.capabilities;
  capabilities.bounding = all_capabilities();
  capabilities.effective = capabilities.bounding;
  capabilities.permitted = capabilities.bounding;
  // A user who is not root has them all the same, as in BuildKit.
  capabilities.inheritable = capabilities.bounding;
  capabilities.ambient = capabilities.bounding;
  spec.linux.seccomp.reset();
  spec.linux.masked_paths.clear();
  spec.linux.readonly_paths.clear();
  for (Mount& mount : spec.mounts) {
    if (mount.type == "sysfs" || mount.type == "cgroup") {
      std::erase(mount.options, "ro");
    }
  }
  spec.linux.resources.devices.clear();
  spec.linux.devices.clear();
  list_devices(AT_FDCWD, "/dev", "/dev", spec.linux.devices);
  add_loop_devices(spec.linux.devices);
}

}  // namespace runtime

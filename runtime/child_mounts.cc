// What is mounted and made inside the root: the Spec's mounts, devices, masked
// and read-only paths. Every path is resolved as the sandbox will see it.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "runtime/child.h"
#include "runtime/mount_points.h"
#include "runtime/path_maker.h"
#include "runtime/syscalls.h"

namespace runtime {
namespace {

constexpr unsigned kAttachFlags =
    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
constexpr const char* kKernelMemory = "/proc/kcore";
constexpr const char* kMemoryFile = ".strake-file";
constexpr unsigned kCloneFlags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;

void restrict(int tree, const MountPlan& mount, std::size_t item,
              const Reporter& report) noexcept {
  if (mount.attributes == 0) return;
  mount_attr attributes{};
  attributes.attr_set = mount.attributes;
  if ((mount.attributes & MOUNT_ATTR__ATIME) != 0) {
    attributes.attr_clr = MOUNT_ATTR__ATIME;
  }
  report.check(::mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE,
                               &attributes, sizeof attributes),
               SetupStep::restrict_mount, item);
}

class RootFiller {
 public:
  RootFiller(const SandboxPlan& plan, int root, const Reporter& report) noexcept
      : plan_(plan), root_(root), report_(report), points_(root, report) {}

  void mount_all() noexcept;
  void record_traces() noexcept { points_.record_traces(); }
  void make_devices() noexcept;
  void mask_paths() noexcept;
  void protect_paths() noexcept;

 private:
  int clone_memory_file(const MountPlan& mount, std::size_t item) noexcept;
  void forget_name(std::size_t item) noexcept;
  void find_memory(const MountPlan& mount, std::size_t item) noexcept;
  int make_tree(const MountPlan& mount, std::size_t item) noexcept;
  void make_device(const DevicePlan& device, std::size_t item) noexcept;
  void make_device_directory(const DevicePlan& device,
                             std::size_t item) noexcept;
  int open_parent(const std::string& path, const char*& name, SetupStep step,
                  std::size_t item) noexcept;
  int open_null(std::size_t item) noexcept;
  int detach_copy(int source, SetupStep step, std::size_t item) noexcept;

  const SandboxPlan& plan_;
  const int root_;
  const Reporter& report_;
  int memory_ = -1;  // the directory of files on memory
  MountPoints points_;
};

// The kernel mounts no file without a name, so it has one until it is mounted.
// On the sandbox's own memory it is gone with it, however the sandbox ends.
int RootFiller::clone_memory_file(const MountPlan& mount,
                                  std::size_t item) noexcept {
  const int file = make_memory_file(mount, memory_, kMemoryFile, item, report_);
  const int tree =
      report_.check(::open_tree(file, "", kCloneFlags | AT_EMPTY_PATH),
                    SetupStep::make_memory_file, item);
  ::close(file);
  restrict(tree, mount, item, report_);
  return tree;
}

void RootFiller::forget_name(std::size_t item) noexcept {
  report_.check(::unlinkat(memory_, kMemoryFile, 0),
                SetupStep::make_memory_file, item);
}

// The first tmpfs there is the sandbox's own. What a step mounts over it may be
// on a disk, where a secret must not be for a moment.
void RootFiller::find_memory(const MountPlan& mount,
                             std::size_t item) noexcept {
  if (memory_ >= 0 || mount.destination != "/dev/shm" ||
      mount.type != "tmpfs") {
    return;
  }
  memory_ = report_.check(open_inside(root_, "/dev/shm", O_PATH | O_DIRECTORY),
                          SetupStep::make_memory_file, item);
}

int RootFiller::make_tree(const MountPlan& mount, std::size_t item) noexcept {
  switch (mount.kind) {
    case MountPlan::Kind::bind:
      return clone_bind(mount, item, report_);
    case MountPlan::Kind::memory_file:
      return clone_memory_file(mount, item);
    case MountPlan::Kind::filesystem:
      break;
  }
  return make_filesystem(mount.type.c_str(), mount.parameters, mount.attributes,
                         SetupStep::create_filesystem, item, report_);
}

void RootFiller::mount_all() noexcept {
  for (std::size_t i = 0; i < plan_.mounts.size(); ++i) {
    const MountPlan& mount = plan_.mounts[i];
    const int tree = make_tree(mount, i);
    const int point = points_.open(mount, i);
    report_.check(::move_mount(tree, "", point, "", kAttachFlags),
                  SetupStep::attach_mount, i);
    if (mount.kind == MountPlan::Kind::memory_file) forget_name(i);
    find_memory(mount, i);
    ::close(point);
    ::close(tree);
  }
}

// The directory of `path`, opened inside the root; `name` is its last part.
int RootFiller::open_parent(const std::string& path, const char*& name,
                            SetupStep step, std::size_t item) noexcept {
  std::array<char, PATH_MAX> parent;
  if (path.size() >= parent.size()) report_.fail(step, ENAMETOOLONG, item);
  std::strcpy(parent.data(), path.c_str());
  char* slash = std::strrchr(parent.data(), '/');
  if (slash == nullptr) report_.fail(step, EINVAL, item);
  *slash = '\0';
  name = path.c_str() + (slash - parent.data()) + 1;
  return report_.check(
      open_inside(root_, slash == parent.data() ? "/" : parent.data(),
                  O_PATH | O_DIRECTORY),
      step, item);
}

// For /dev/net/tun and the like.
void RootFiller::make_device_directory(const DevicePlan& device,
                                       std::size_t item) noexcept {
  std::array<char, PATH_MAX> parent;
  const std::size_t size = device.path.rfind('/');
  if (size == 0 || size >= parent.size()) return;
  std::memcpy(parent.data(), device.path.data(), size);
  parent[size] = '\0';
  const int found = open_inside(root_, parent.data(), O_PATH | O_DIRECTORY);
  if (found >= 0) {
    ::close(found);
    return;
  }
  const int error = PathMaker(root_).make(parent.data(), PointKind::directory);
  if (error != 0) report_.fail(SetupStep::make_device, error, item);
}

void RootFiller::make_device(const DevicePlan& device,
                             std::size_t item) noexcept {
  make_device_directory(device, item);
  const char* name = nullptr;
  const int parent =
      open_parent(device.path, name, SetupStep::make_device, item);
  if (::mknodat(parent, name, device.mode, device.number) == 0) {
    if (device.uid != 0 || device.gid != 0) {
      report_.check(
          ::fchownat(parent, name, device.uid, device.gid, AT_SYMLINK_NOFOLLOW),
          SetupStep::make_device, item);
    }
  } else if (errno == EPERM) {
    // Without the right to make devices the host's own is as good, if it is the
    // same: a device may have another name there.
    report_.check(::mknodat(parent, name, S_IFREG | 0644, 0),
                  SetupStep::make_device, item);
    const int tree =
        report_.check(::open_tree(AT_FDCWD, device.path.c_str(), kCloneFlags),
                      SetupStep::make_device, item);
    struct stat status {};
    report_.check(::fstat(tree, &status), SetupStep::make_device, item);
    if ((status.st_mode & S_IFMT) != (device.mode & S_IFMT) ||
        status.st_rdev != device.number) {
      report_.fail(SetupStep::make_device, ENODEV, item);
    }
    report_.check(::move_mount(tree, "", parent, name, MOVE_MOUNT_F_EMPTY_PATH),
                  SetupStep::make_device, item);
    ::close(tree);
  } else if (errno != EEXIST) {
    report_.fail(SetupStep::make_device, errno, item);
  }
  ::close(parent);
}

void RootFiller::make_devices() noexcept {
  for (std::size_t i = 0; i < plan_.devices.size(); ++i) {
    make_device(plan_.devices[i], i);
  }
  if (!plan_.device_links) return;
  for (std::size_t i = 0; i < std::size(kDeviceLinks); ++i) {
    const char* target = kDeviceLinks[i].target;
    if (std::strcmp(target, kKernelMemory) == 0 &&
        ::access(target, F_OK) != 0) {
      continue;
    }
    const char* name = nullptr;
    const int parent =
        open_parent(kDeviceLinks[i].path, name, SetupStep::make_device_link, i);
    report_.check(::symlinkat(target, parent, name),
                  SetupStep::make_device_link, i);
    ::close(parent);
  }
}

int RootFiller::detach_copy(int source, SetupStep step,
                            std::size_t item) noexcept {
  return report_.check(
      ::open_tree(source, "", kCloneFlags | AT_EMPTY_PATH | AT_RECURSIVE), step,
      item);
}

// The sandbox's own, where it has one: a root step may change its mode, and
// that is not to be the machine's.
int RootFiller::open_null(std::size_t item) noexcept {
  const int own = open_inside(root_, "/dev/null", O_PATH);
  struct stat status {};
  if (own >= 0 && ::fstat(own, &status) == 0 && S_ISCHR(status.st_mode) &&
      status.st_rdev == makedev(1, 3)) {
    return own;
  }
  if (own >= 0) ::close(own);
  return report_.check(::open("/dev/null", O_PATH | O_CLOEXEC),
                       SetupStep::mask_path, item);
}

// A file is hidden by /dev/null, a directory by an empty read-only tmpfs: one,
// shown at each place.
void RootFiller::mask_paths() noexcept {
  int null = -1;
  int empty = -1;
  for (std::size_t i = 0; i < plan_.masked_paths.size(); ++i) {
    const int point = open_inside(root_, plan_.masked_paths[i].c_str(), O_PATH);
    if (point < 0) {
      if (errno == ENOENT || errno == ENOTDIR) continue;
      report_.fail(SetupStep::mask_path, errno, i);
    }
    struct stat status {};
    report_.check(::fstat(point, &status), SetupStep::mask_path, i);
    int cover = -1;
    if (!S_ISDIR(status.st_mode)) {
      if (null < 0) null = open_null(i);
      cover = detach_copy(null, SetupStep::mask_path, i);
    } else if (empty < 0) {
      cover = empty = make_filesystem("tmpfs", {}, MOUNT_ATTR_RDONLY,
                                      SetupStep::mask_path, i, report_);
    } else {
      cover = detach_copy(empty, SetupStep::mask_path, i);
    }
    report_.check(::move_mount(cover, "", point, "", kAttachFlags),
                  SetupStep::mask_path, i);
    if (cover != empty) ::close(cover);
    ::close(point);
  }
  if (empty >= 0) ::close(empty);
  if (null >= 0) ::close(null);
}

void RootFiller::protect_paths() noexcept {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  for (std::size_t i = 0; i < plan_.readonly_paths.size(); ++i) {
    const int point =
        open_inside(root_, plan_.readonly_paths[i].c_str(), O_PATH);
    if (point < 0) {
      if (errno == ENOENT || errno == ENOTDIR) continue;
      report_.fail(SetupStep::protect_path, errno, i);
    }
    const int cover = detach_copy(point, SetupStep::protect_path, i);
    report_.check(::mount_setattr(cover, "", AT_EMPTY_PATH | AT_RECURSIVE,
                                  &attributes, sizeof attributes),
                  SetupStep::protect_path, i);
    report_.check(::move_mount(cover, "", point, "", kAttachFlags),
                  SetupStep::protect_path, i);
    ::close(cover);
    ::close(point);
  }
}

}  // namespace

int make_memory_file(const MountPlan& mount, int directory, const char* name,
                     std::size_t item, const Reporter& report) noexcept {
  const int file = report.check(
      ::openat(directory, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600),
      SetupStep::make_memory_file, item);
  if (!write_all(file, mount.content)) {
    report.fail(SetupStep::make_memory_file, errno, item);
  }
  report.check(::fchown(file, mount.file_uid, mount.file_gid),
               SetupStep::make_memory_file, item);
  report.check(::fchmod(file, mount.file_mode), SetupStep::make_memory_file,
               item);
  return file;
}

int clone_bind(const MountPlan& mount, std::size_t item,
               const Reporter& report) noexcept {
  const unsigned recursive = mount.recursive ? AT_RECURSIVE : 0U;
  const int source =
      report.check(openat2(AT_FDCWD, mount.source.c_str(), O_PATH,
                           mount.is_real ? RESOLVE_NO_SYMLINKS : 0U),
                   SetupStep::open_bind_source, item);
  const int tree = report.check(
      ::open_tree(source, "", kCloneFlags | AT_EMPTY_PATH | recursive),
      SetupStep::open_bind_source, item);
  ::close(source);
  restrict(tree, mount, item, report);
  return tree;
}

void fill_root(const SandboxPlan& plan, int root,
               const Reporter& report) noexcept {
  RootFiller filler(plan, root, report);
  filler.mount_all();
  filler.record_traces();
  filler.make_devices();
  filler.mask_paths();
  filler.protect_paths();
}

}  // namespace runtime

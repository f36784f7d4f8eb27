#include "runtime/mount_points.h"

#include <fcntl.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "runtime/path_maker.h"
#include "runtime/syscalls.h"

namespace runtime {

MountPoints::MountPoints(int root, const Reporter& report) noexcept
    : root_(root), report_(report) {
  report_.check(::fstat(root, &root_status_), SetupStep::attach_root);
}

bool MountPoints::MadePaths::add(std::string_view path) noexcept {
  if (used_ + path.size() + 1 > text_.size()) return false;
  std::memcpy(text_.data() + used_, path.data(), path.size());
  used_ += path.size();
  text_[used_++] = '\0';
  return true;
}

int MountPoints::open(const MountPlan& mount, std::size_t item) noexcept {
  const char* path = mount.destination.c_str();
  int point = open_inside(root_, path, O_PATH);
  if (point < 0 && errno == ENOENT) {
    PathMaker maker(root_);
    const int error = maker.make(path, mount.point);
    if (error != 0) report_.fail(SetupStep::make_mount_point, error, item);
    // Only the root overlay's upper directory must not keep it; in another
    // mount it is that mount's own content.
    if (maker.made() && maker.parent_device() == root_status_.st_dev) {
      if (!made_.add(maker.real_path())) {
        report_.fail(SetupStep::make_mount_point, ENOSPC, item);
      }
      report_.trace(maker.real_path(), maker.status(), 1);
    }
    point = open_inside(root_, path, O_PATH);
  }
  report_.check(point, SetupStep::make_mount_point, item);
  struct stat status {};
  report_.check(::fstat(point, &status), SetupStep::make_mount_point, item);
  if (status.st_dev == root_status_.st_dev &&
      status.st_ino == root_status_.st_ino) {
    report_.fail(SetupStep::mount_over_root, EINVAL, item);
  }
  const bool wants_directory = mount.point == PointKind::directory;
  if (wants_directory != S_ISDIR(status.st_mode)) {
    report_.fail(SetupStep::make_mount_point,
                 wants_directory ? ENOTDIR : EISDIR, item);
  }
  return point;
}

void MountPoints::record_traces() noexcept {
  for (const char* path = made_.begin(); path < made_.end();
       path += std::strlen(path) + 1) {
    std::array<char, PATH_MAX> above;
    std::strcpy(above.data(), path);
    while (char* slash = std::strrchr(above.data(), '/')) {
      *slash = '\0';
      struct stat status {};
      report_.check(
          ::fstatat(root_, above.data(), &status, AT_SYMLINK_NOFOLLOW),
          SetupStep::record_traces);
      if (status.st_dev == root_status_.st_dev) {
        report_.trace(above.data(), status, 0);
      }
    }
  }
}

}  // namespace runtime

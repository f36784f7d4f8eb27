#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "store/directory_stack.h"
#include "store/local_layer_io.h"

namespace store {
namespace {

// A directory to be emptied. Refuses mount points, also of the same file
// system: what is mounted inside belongs to somebody else.
base::Fd try_open(const base::Fd& parent, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  long raw = -1;
  do {
    raw = ::syscall(SYS_openat2, parent.get(), name.c_str(), &how, sizeof how);
  } while (raw < 0 && (errno == EINTR || errno == EAGAIN));
  return base::Fd(static_cast<int>(raw));
}

base::Fd open_to_empty(const base::Fd& parent, const std::string& name) {
  base::Fd directory = try_open(parent, name);
  if (!directory && errno == EACCES &&
      ::fchmodat(parent.get(), name.c_str(), 0700, 0) == 0) {
    directory = try_open(parent, name);
  }
  if (!directory) {
    throw base::system_error(errno,
                             fmt::format("opening {} to remove it", name));
  }
  // Only an owner without privileges needs its own permission to remove.
  struct stat status {};
  if (::geteuid() != 0 && ::fstat(directory.get(), &status) == 0 &&
      (status.st_mode & 0700) != 0700) {
    ::fchmod(directory.get(), 0700);
  }
  return directory;
}

// Whether it is gone; false when it is a directory.
bool unlink_file(const base::Fd& parent, const std::string& name) {
  if (::unlinkat(parent.get(), name.c_str(), 0) == 0 || errno == ENOENT) {
    return true;
  }
  if (errno == EISDIR) return false;
  throw base::system_error(errno, fmt::format("removing {}", name));
}

}  // namespace

void remove_below(const base::Fd& directory, std::string_view name) {
  struct Level {
    std::string name;
    std::vector<std::string> names;
  };
  std::string next(name);
  if (unlink_file(directory, next)) return;
  DirectoryStack stack(base::Fd(
      ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (!stack.back()) throw base::system_error(errno, "opening a directory");
  std::vector<Level> levels;
  const auto enter = [&] {
    stack.push(open_to_empty(stack.back(), next));
    levels.push_back({std::move(next), list_names(stack.back())});
  };
  enter();
  while (!levels.empty()) {
    Level& level = levels.back();
    if (!level.names.empty()) {
      next = std::move(level.names.back());
      level.names.pop_back();
      if (!unlink_file(stack.back(), next)) enter();
      continue;
    }
    stack.pop();
    if (::unlinkat(stack.back().get(), level.name.c_str(), AT_REMOVEDIR) != 0 &&
        errno != ENOENT) {
      throw base::system_error(errno, fmt::format("removing {}", level.name));
    }
    levels.pop_back();
  }
}

}  // namespace store

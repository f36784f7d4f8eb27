#include "store/directory_stack.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"

namespace store {
namespace {

// Deep enough that "a tree of sources" never closes one.
constexpr std::size_t kMostOpenLevels = 64;

}  // namespace

DirectoryStack::DirectoryStack(base::Fd top) {
  levels_.push_back({std::move(top)});
}

void DirectoryStack::push(base::Fd directory) {
  if (levels_.size() >= kMostOpenLevels) {
    Level& level = levels_[levels_.size() - kMostOpenLevels];
    struct stat status {};
    if (level.directory && ::fstat(level.directory.get(), &status) == 0) {
      level.device = status.st_dev;
      level.inode = status.st_ino;
      level.directory.reset();
    }
  }
  levels_.push_back({std::move(directory)});
}

void DirectoryStack::pop() {
  const base::Fd below = std::move(levels_.back().directory);
  levels_.pop_back();
  Level& level = levels_.back();
  if (level.directory) return;
  level.directory = base::Fd(::openat(
      below.get(), "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!level.directory || ::fstat(level.directory.get(), &status) != 0) {
    throw base::system_error(errno, "going back up a directory tree");
  }
  if (status.st_dev != level.device || status.st_ino != level.inode) {
    throw base::Error(base::ErrorKind::system,
                      "a directory was moved while it was being walked");
  }
}

std::vector<std::string> list_names(const base::Fd& directory) {
  std::vector<std::string> names;
  if (::lseek(directory.get(), 0, SEEK_SET) < 0) {
    throw base::system_error(errno, "reading a directory");
  }
  alignas(dirent64) std::array<char, 32768> buffer;
  while (true) {
    const ssize_t size =
        ::getdents64(directory.get(), buffer.data(), buffer.size());
    if (size < 0) throw base::system_error(errno, "reading a directory");
    if (size == 0) return names;
    for (ssize_t at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      const std::string_view name = &entry->d_name[0];
      if (name != "." && name != "..") names.emplace_back(name);
      at += entry->d_reclen;
    }
  }
}

std::string proc_path(const base::Fd& directory, std::string_view name) {
  return fmt::format("/proc/self/fd/{}/{}", directory.get(), name);
}

}  // namespace store

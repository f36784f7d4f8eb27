#include "store/directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/file.h"

namespace store {

Made make_directory(const std::filesystem::path& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) == 0) {
    if (::chmod(path.c_str(), mode) != 0) {
      throw base::system_error(errno,
                               fmt::format("chmod of {}", path.native()));
    }
    return Made::now;
  }
  const int error_number = errno;
  std::error_code ignored;
  if (error_number == EEXIST && std::filesystem::is_directory(path, ignored)) {
    return Made::before;
  }
  throw base::system_error(
      error_number, fmt::format("making the directory {}", path.native()));
}

Made make_directories(const std::filesystem::path& path, unsigned mode) {
  std::error_code error;
  if (path.has_parent_path()) {
    std::filesystem::create_directories(path.parent_path(), error);
  }
  if (error) {
    throw base::system_error(
        error.value(),
        fmt::format("making the directory {}", path.parent_path().native()));
  }
  return make_directory(path, mode);
}

DirectoryLock::DirectoryLock(const std::filesystem::path& directory, Mode mode)
    : directory_(base::open_file(directory, O_RDONLY | O_DIRECTORY)) {
  const int operation = mode == Mode::shared ? LOCK_SH : LOCK_EX;
  while (::flock(directory_.get(), operation) != 0) {
    if (errno != EINTR) {
      throw base::system_error(errno,
                               fmt::format("locking {}", directory.native()));
    }
  }
}

}  // namespace store

#include "store/long_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.h"

namespace store {
namespace {

constexpr std::size_t kMostAtOnce = 4000;

base::Fd open_piece(const base::Fd& directory, const std::string& path,
                    int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  while (true) {
    const long raw =
        ::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how);
    if (raw >= 0) return base::Fd(static_cast<int>(raw));
    if (errno != EINTR && errno != EAGAIN) break;
  }
  const int error_number = errno;
  const std::string what = fmt::format("opening {}", path);
  if (error_number == ENOENT || error_number == ENOTDIR) {
    throw base::Error(base::ErrorKind::not_found,
                      base::system_error(error_number, what).message());
  }
  if (error_number == ELOOP) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{}: a symbolic link is in the way", what));
  }
  throw base::system_error(error_number, what);
}

}  // namespace

base::Fd open_long_path(const base::Fd& directory, std::string_view path,
                        int flags) {
  base::Fd at;
  while (path.size() > kMostAtOnce) {
    const std::size_t slash = path.rfind('/', kMostAtOnce);
    if (slash == path.npos) break;  // one name that is too long: ENAMETOOLONG
    at = open_piece(at ? at : directory, std::string(path.substr(0, slash)),
                    O_PATH | O_DIRECTORY);
    path.remove_prefix(slash + 1);
  }
  return open_piece(at ? at : directory, path.empty() ? "." : std::string(path),
                    flags);
}

}  // namespace store

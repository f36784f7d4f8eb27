#include "builder/layout_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>

#include "base/error.h"
#include "base/file.h"
#include "store/file_lock.h"

namespace builder {

std::optional<LayoutLock> LayoutLock::try_for(
    const std::filesystem::path& directory, Mode mode,
    std::chrono::milliseconds patience, const std::stop_token& stop) {
  base::Fd opened = base::open_file(directory, O_RDONLY | O_DIRECTORY);
  const int wish = (mode == Mode::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::flock(opened.get(), wish) != 0) {
    const bool is_unknown = errno == ENOLCK || errno == EOPNOTSUPP;
    if (!is_unknown && errno != EWOULDBLOCK && errno != EINTR) {
      throw base::system_error(errno,
                               fmt::format("locking {}", directory.native()));
    }
    if (is_unknown || std::chrono::steady_clock::now() >= end) {
      return std::nullopt;
    }
    store::pause_for_lock(stop, "a build cache");
  }
  return LayoutLock(std::move(opened));
}

}  // namespace builder

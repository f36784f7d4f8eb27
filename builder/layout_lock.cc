#include "builder/layout_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <thread>

#include "base/error.h"
#include "base/file.h"

namespace builder {
namespace {

// flock(2) cannot wait for a lock and for a request to stop at once.
constexpr std::chrono::milliseconds kPoll{20};

}  // namespace

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
    if (stop.stop_requested()) {
      throw base::Error(base::ErrorKind::cancelled,
                        "stopped while waiting for a build cache");
    }
    std::this_thread::sleep_for(kPoll);
  }
  return LayoutLock(std::move(opened));
}

}  // namespace builder

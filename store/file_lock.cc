#include "store/file_lock.h"

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/error.h"

namespace store {
namespace {

constexpr std::chrono::milliseconds kPoll{5};

}  // namespace

bool try_lock(const base::Fd& file, LockMode mode) {
  const int how = mode == LockMode::shared ? LOCK_SH : LOCK_EX;
  while (::flock(file.get(), how | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw base::system_error(errno, "locking a file");
  }
  return true;
}

bool leads_to(const std::filesystem::path& path, const base::Fd& file) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(file.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

bool lock_if_free(const base::Fd& file, const std::filesystem::path& path) {
  return try_lock(file, LockMode::exclusive) && leads_to(path, file);
}

void pause_for_lock(const std::stop_token& stop, std::string_view what) {
  if (stop.stop_requested()) {
    throw base::Error(base::ErrorKind::cancelled,
                      fmt::format("stopped while waiting for {}", what));
  }
  std::this_thread::sleep_for(kPoll);
}

}  // namespace store

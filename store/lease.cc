#include "store/lease.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "store/directory.h"
#include "store/file_lock.h"
#include "store/layer_io.h"

namespace store {
namespace {

constexpr std::string_view kLockSuffix = ".lock";

std::string random_name() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != sizeof bits) {
    throw base::system_error(errno, "reading random bytes");
  }
  return fmt::format("{:016x}", bits);
}

std::filesystem::path lock_path(const std::filesystem::path& directory) {
  return directory.native() + std::string(kLockSuffix);
}

// Calls `take` for every dead lease's directory, with its lock held where it
// has one. Returns how many directories there were.
std::size_t for_each_dead(
    const std::filesystem::path& root,
    const std::function<void(const std::filesystem::path&)>& take) {
  std::size_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(root / "tmp", error), end;
       !error && it != end; it.increment(error)) {
    const std::filesystem::path& path = it->path();
    const bool is_lock = path.extension() == kLockSuffix;
    const std::filesystem::path directory =
        is_lock ? path.parent_path() / path.stem() : path;
    const std::filesystem::path lock = lock_path(directory);
    const std::optional<base::Fd> file = base::find_file(lock, O_RDWR);
    if (file) {
      // A directory is dealt with when its lock file comes by.
      if (!is_lock || !lock_if_free(*file, lock)) continue;
    } else if (is_lock) {
      continue;  // its owner or another sweeper has just removed it
    }
    // One without a directory is only being made, or nearly gone: it holds
    // nothing, and its maker knows that a sweeper may be faster.
    if (::access(directory.c_str(), F_OK) == 0) ++count;
    take(directory);
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw base::system_error(
        error.value(), fmt::format("reading {}", (root / "tmp").native()));
  }
  return count;
}

// The lock file goes last, and only when all else is gone.
void remove_lease(const std::filesystem::path& directory,
                  LayerIo& io) noexcept {
  try {
    io.remove_tree(directory);
    ::unlink(lock_path(directory).c_str());
  } catch (...) {
    // Left as a dead lease.
  }
}

}  // namespace

Lease::Lease(const std::filesystem::path& root, LayerIo& io)
    : next_number_(std::make_unique<std::atomic<unsigned>>(0)), io_(&io) {
  for (;;) {
    directory_ = root / "tmp" / random_name();
    const std::filesystem::path lock = lock_path(directory_);
    lock_ = base::open_file(lock, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (lock_if_free(lock_, lock)) break;
    ::unlink(lock.c_str());  // a sweeper was faster
  }
  try {
    store::make_directory(directory_, kPrivate);
  } catch (...) {
    ::unlink(lock_path(directory_).c_str());
    throw;
  }
}

Lease::Lease(Lease&& other) noexcept = default;

void Lease::throw_if_stopped() const {
  if (stop_.stop_requested()) {
    throw base::Error(base::ErrorKind::cancelled, "the work was stopped");
  }
}

Lease::~Lease() {
  if (lock_) remove_lease(directory_, *io_);
}

std::filesystem::path Lease::make_directory(std::string_view purpose) const {
  std::filesystem::path path = new_path(purpose);
  store::make_directory(path, 0755);
  return path;
}

std::filesystem::path Lease::new_path(std::string_view purpose) const {
  return directory_ / fmt::format("{}-{}", purpose, (*next_number_)++);
}

std::size_t remove_dead_leases(const std::filesystem::path& root, LayerIo& io) {
  return for_each_dead(root, [&](const std::filesystem::path& directory) {
    remove_lease(directory, io);
  });
}

std::size_t count_dead_leases(const std::filesystem::path& root) {
  return for_each_dead(root, [](const std::filesystem::path&) {});
}

}  // namespace store

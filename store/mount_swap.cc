#include "store/mount_swap.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "store/directory.h"

namespace store {
namespace {

namespace fs = std::filesystem;

// flock(2) cannot wait for a lock and for a request to stop at once.
constexpr std::chrono::milliseconds kPoll{20};
constexpr std::uint64_t kMostIdBytes = 64U << 10U;

fs::path beside(const fs::path& directory, std::string_view suffix) {
  return directory.native() + std::string(suffix);
}

bool is_at(const fs::path& path, const base::Fd& directory) {
  struct stat there {};
  struct stat here {};
  return ::stat(path.c_str(), &there) == 0 &&
         ::fstat(directory.get(), &here) == 0 && there.st_dev == here.st_dev &&
         there.st_ino == here.st_ino;
}

}  // namespace

std::vector<MountPlace> list_mounts(const fs::path& root) {
  std::vector<MountPlace> places;
  std::error_code error;
  for (fs::directory_iterator it(root / "cachemounts", error), end;
       !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".id") continue;
    MountPlace place{base::read_file(it->path(), kMostIdBytes), {}};
    place.directory = mount_path(root, place.id);
    if (fs::is_directory(place.directory)) places.push_back(std::move(place));
  }
  std::sort(places.begin(), places.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return places;
}

fs::path mount_path(const fs::path& root, std::string_view id) {
  return root / "cachemounts" / base::Digest::of(id).hex();
}

base::Fd lock_mount(const fs::path& directory, const std::stop_token& stop) {
  for (;;) {
    auto opened = base::find_file(directory, O_RDONLY | O_DIRECTORY);
    if (!opened) return {};
    if (::flock(opened->get(), LOCK_EX | LOCK_NB) == 0) {
      // Another may have been put there while this one was waited for.
      if (is_at(directory, *opened)) return std::move(*opened);
      continue;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw base::system_error(errno,
                               fmt::format("locking {}", directory.native()));
    }
    if (stop.stop_requested()) {
      throw base::Error(base::ErrorKind::cancelled,
                        "stopped while waiting for a cache mount");
    }
    std::this_thread::sleep_for(kPoll);
  }
}

void swap_mount(const fs::path& root, std::string_view id, const fs::path& made,
                const Lease& lease) {
  const fs::path place = mount_path(root, id);
  const DirectoryLock lock(root / "cachemounts",
                           DirectoryLock::Mode::exclusive);
  base::replace_file(beside(place, ".id"), id, 0600);
  // Of a step that died amid its work in the old one.
  ::unlink(beside(place, ".half").c_str());
  if (::access(place.c_str(), F_OK) == 0) {
    // One step for whoever looks; the old one goes with the lease.
    if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, place.c_str(),
                    RENAME_EXCHANGE) == 0) {
      return;
    }
    const fs::path old = lease.new_path("old-mount");
    if (::rename(place.c_str(), old.c_str()) != 0) {
      throw base::system_error(errno,
                               fmt::format("replacing {}", place.native()));
    }
  }
  if (::rename(made.c_str(), place.c_str()) != 0) {
    throw base::system_error(errno, fmt::format("making {}", place.native()));
  }
}

}  // namespace store

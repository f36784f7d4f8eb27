#include "store/cache_mounts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "store/directory.h"
#include "store/store.h"

namespace store {
namespace {

namespace fs = std::filesystem;
using std::chrono::sys_seconds;

constexpr std::chrono::hours kUseGrain{1};

fs::path beside(const fs::path& directory, std::string_view suffix) {
  return directory.native() + std::string(suffix);
}
fs::path id_file(const fs::path& directory) { return beside(directory, ".id"); }
fs::path mark(const fs::path& directory) { return beside(directory, ".half"); }

bool is_there(const fs::path& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

sys_seconds seconds(std::int64_t value) {
  return sys_seconds(std::chrono::seconds(value));
}

// Also where it was pruned meanwhile: then nothing is noted.
void note_use(const fs::path& directory) {
  const fs::path file = id_file(directory);
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return;
  const auto age =
      std::chrono::system_clock::now() - seconds(status.st_mtim.tv_sec);
  if (age >= std::chrono::seconds(0) && age < kUseGrain) return;
  ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0);
}

}  // namespace

void CacheMountUse::begin() const {
  base::replace_file(mark(directory), "", 0600);
}

void CacheMountUse::end() const noexcept { ::unlink(mark(directory).c_str()); }

void give_mount(const fs::path& directory, std::uint32_t mode,
                const Owner& owner) {
  if (::chown(directory.c_str(), owner.uid, owner.gid) != 0 ||
      ::chmod(directory.c_str(), mode) != 0) {
    throw base::system_error(errno, "giving a cache mount its owner and mode");
  }
}

CacheMounts::CacheMounts(Store& store)
    : store_(store), directory_(store.root() / "cachemounts") {}

fs::path CacheMounts::path_of(std::string_view id) const {
  return directory_ / base::Digest::of(id).hex();
}

std::optional<CacheMountUse> CacheMounts::take(std::string_view id,
                                               LockMode mode,
                                               const FillDirectory& fill) {
  const fs::path path = path_of(id);
  for (;;) {
    if (!is_there(path)) make(path, id, fill);
    auto directory = base::find_file(path, O_RDONLY | O_DIRECTORY);
    if (!directory) continue;
    if (!try_lock(*directory, mode)) return std::nullopt;
    if (!leads_to(path, *directory)) continue;
    // Under the lock: the mark of one that works is no mark of a failure.
    if (is_there(mark(path))) {
      directory.reset();
      remove(path, Only::half_written);
      continue;
    }
    note_use(path);
    return CacheMountUse{path, std::move(*directory), mode};
  }
}

CacheMounts::Look CacheMounts::look(std::string_view id, LockMode mode) const {
  const fs::path path = path_of(id);
  for (;;) {
    auto directory = base::find_file(path, O_RDONLY | O_DIRECTORY);
    if (!directory) return {};
    if (!try_lock(*directory, mode)) return {true};
    if (!leads_to(path, *directory)) continue;
    if (is_there(mark(path))) return {};
    return {true, CacheMountUse{path, std::move(*directory), mode}};
  }
}

// Whole or absent: made under a lease, then renamed. The lock keeps a second
// process from renaming its empty directory over one that is in use.
void CacheMounts::make(const fs::path& path, std::string_view id,
                       const FillDirectory& fill) {
  const Lease work = store_.lease();
  const fs::path made = work.make_directory("cache-mount");
  fill(made);
  const DirectoryLock lock(directory_, DirectoryLock::Mode::exclusive);
  if (is_there(path)) return;
  base::replace_file(id_file(path), id, 0600);
  ::unlink(mark(path).c_str());
  if (::rename(made.c_str(), path.c_str()) != 0) {
    throw base::system_error(errno, fmt::format("making {}", path.native()));
  }
}

std::vector<CacheMount> CacheMounts::list() const {
  std::vector<CacheMount> mounts;
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end;
       it.increment(error)) {
    const fs::path& path = it->path();
    if (path.has_extension()) continue;
    const auto directory = base::find_file(path, O_RDONLY | O_DIRECTORY);
    if (!directory) continue;
    CacheMount mount;
    mount.directory = path;
    mount.is_in_use = !try_lock(*directory, LockMode::exclusive);
    if (const auto file = base::find_file(id_file(path), O_RDONLY)) {
      mount.id = base::read_all(*file);
      struct statx status {};
      if (::statx(file->get(), "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME,
                  &status) == 0) {
        mount.last_used = seconds(status.stx_mtime.tv_sec);
        mount.created = (status.stx_mask & STATX_BTIME) != 0
                            ? seconds(status.stx_btime.tv_sec)
                            : mount.last_used;
      }
    }
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

bool CacheMounts::replace(std::string_view id, const fs::path& made,
                          const Lease& lease) {
  const fs::path path = path_of(id);
  const auto old = base::find_file(path, O_RDONLY | O_DIRECTORY);
  if (old && !lock_if_free(*old, path)) return false;
  const DirectoryLock lock(directory_, DirectoryLock::Mode::exclusive);
  if (!old && exists(path)) return false;  // made just now
  base::replace_file(id_file(path), id, 0600);
  // The mark goes last: it speaks of what is there until then.
  if (old) {
    if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, path.c_str(),
                    RENAME_EXCHANGE) == 0) {
      ::unlink(mark(path).c_str());
      return true;
    }
    // Not every file system can; the step that looks just now makes a new one.
    const fs::path to = lease.new_path("cache-mount");
    if (::rename(path.c_str(), to.c_str()) != 0) {
      throw base::system_error(errno,
                               fmt::format("replacing {}", path.native()));
    }
  }
  ::unlink(mark(path).c_str());
  if (::rename(made.c_str(), path.c_str()) != 0) {
    throw base::system_error(errno, fmt::format("making {}", path.native()));
  }
  return true;
}

// The mark goes last: whoever finds it without the directory makes a new one.
bool CacheMounts::remove(const fs::path& directory) {
  return remove(directory, Only::any);
}

bool CacheMounts::remove(const fs::path& directory, Only only) {
  const Lease trash = store_.lease();
  {
    const auto file = base::find_file(directory, O_RDONLY | O_DIRECTORY);
    if (!file || !lock_if_free(*file, directory)) return false;
    if (only == Only::half_written && !is_there(mark(directory))) return false;
    const DirectoryLock lock(directory_, DirectoryLock::Mode::exclusive);
    const fs::path to = trash.new_path("cache-mount");
    if (::rename(directory.c_str(), to.c_str()) != 0) {
      throw base::system_error(errno,
                               fmt::format("removing {}", directory.native()));
    }
    ::unlink(id_file(directory).c_str());
    ::unlink(mark(directory).c_str());
  }
  return true;
}

}  // namespace store

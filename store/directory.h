// Directories of the store: made with the modes the store means, and locked.
#pragma once

#include <filesystem>

#include "base/fd.h"

namespace store {

// Of all the store's own directories. Layers hold what strangers made, setuid
// programs and device nodes among it: no other user may reach them. A process
// in a sandbox needs no way through, it comes by mounts.
inline constexpr unsigned kPrivate = 0700;

enum class Made { now, before };

// Makes one directory of exactly this mode, whatever the umask. One that is
// there already is left as it is. Throws: system, denied.
Made make_directory(const std::filesystem::path& path, unsigned mode);

// The same for `path` and every missing parent; the parents are made with the
// umask's mode.
Made make_directories(const std::filesystem::path& path, unsigned mode);

// flock(2) on a directory: a lock between processes that needs no file of its
// own. Waits for it; released when this goes. Throws: system, not_found.
class DirectoryLock {
 public:
  enum class Mode { shared, exclusive };
  DirectoryLock(const std::filesystem::path& directory, Mode mode);

 private:
  base::Fd directory_;
};

}  // namespace store

// flock(2) on files and directories that come and go.
//
// Between opening a path and having its lock, the holder before may have
// removed what was opened, so that a lock alone says nothing of who else is
// there: whoever gets one looks whether the path still leads to it.
#pragma once

#include <filesystem>

#include "base/fd.h"

namespace store {

enum class LockMode { shared, exclusive };

// Whether the lock is ours now; never waits. Throws: system.
bool try_lock(const base::Fd& file, LockMode mode);

// Whether `path` leads to the open file.
bool leads_to(const std::filesystem::path& path, const base::Fd& file);

// Whether the exclusive lock is ours now and the path still leads to this file.
bool lock_if_free(const base::Fd& file, const std::filesystem::path& path);

}  // namespace store

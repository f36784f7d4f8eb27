// flock(2) on files and directories that come and go.
//
// Between opening a path and having its lock, the holder before may have
// removed what was opened, so that a lock alone says nothing of who else is
// there: whoever gets one looks whether the path still leads to it.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string_view>

#include "base/fd.h"

namespace store {

enum class LockMode { shared, exclusive };

// Whether the lock is ours now; never waits. Throws: system.
bool try_lock(const base::Fd& file, LockMode mode);

// Whether `path` leads to the open file.
bool leads_to(const std::filesystem::path& path, const base::Fd& file);

// Whether the exclusive lock is ours now and the path still leads to this file.
bool lock_if_free(const base::Fd& file, const std::filesystem::path& path);

// Sleeps some milliseconds before a lock is tried again, since flock(2) cannot
// wait for the lock and for a request to stop. Throws: cancelled, "stopped
// while waiting for <what>".
void pause_for_lock(const std::stop_token& stop, std::string_view what);

}  // namespace store

#include "runtime/trace_sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "runtime/syscalls.h"

namespace runtime {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// The step may have put links where directories were: none is followed.
base::Fd open_directory(const base::Fd& upper, const std::string& path) {
  return base::Fd(openat2(upper.get(), path.c_str(), O_RDONLY | O_DIRECTORY,
                          RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
}

bool equal(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool is_untouched(const base::Fd& parent, const Trace& trace) {
  struct stat now {};
  if (::fstatat(parent.get(), name_of(trace.path).c_str(), &now,
                AT_SYMLINK_NOFOLLOW) != 0) {
    return false;
  }
  const struct stat& then = trace.status;
  return now.st_mode == then.st_mode && now.st_uid == then.st_uid &&
         now.st_gid == then.st_gid && equal(now.st_mtim, then.st_mtim) &&
         equal(now.st_ctim, then.st_ctim) &&
         (S_ISDIR(now.st_mode) || now.st_size == 0);
}

void remove(const base::Fd& parent, const Trace& trace) {
  struct stat before {};
  if (::fstat(parent.get(), &before) != 0) {
    throw base::system_error(errno, "reading a directory's times");
  }
  const int flags = S_ISDIR(trace.status.st_mode) ? AT_REMOVEDIR : 0;
  if (::unlinkat(parent.get(), name_of(trace.path).c_str(), flags) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST) return;
    throw base::system_error(
        errno, fmt::format("removing the mount point {}", trace.path));
  }
  const timespec times[2] = {before.st_atim, before.st_mtim};
  if (::futimens(parent.get(), times) != 0) {
    throw base::system_error(errno, "restoring a directory's times");
  }
}

}  // namespace

UpperBefore look_at_upper(const base::Fd& upper) {
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const int raw =
      ::openat(upper.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, decltype(close)> directory(
      raw < 0 ? nullptr : ::fdopendir(raw), close);
  if (!directory)
    throw base::system_error(errno, "reading the upper directory");
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return UpperBefore::used;
  }
  return UpperBefore::empty;
}

void sweep_traces(const base::Fd& upper, UpperBefore before,
                  const std::vector<Trace>& traces) {
  // Removing one changes its parent, so all are judged before any is removed.
  std::vector<Trace> untouched;
  for (const Trace& trace : traces) {
    if (!trace.made && before == UpperBefore::used) continue;
    const base::Fd parent = open_directory(upper, parent_of(trace.path));
    if (parent && is_untouched(parent, trace)) untouched.push_back(trace);
  }
  // Longer paths first: children before their parents. A directory may be in
  // the list for each mount point below it.
  std::sort(
      untouched.begin(), untouched.end(), [](const Trace& a, const Trace& b) {
        return a.path.size() != b.path.size() ? a.path.size() > b.path.size()
                                              : a.path < b.path;
      });
  untouched.erase(std::unique(untouched.begin(), untouched.end(),
                              [](const Trace& a, const Trace& b) {
                                return a.path == b.path;
                              }),
                  untouched.end());
  for (const Trace& trace : untouched) {
    const base::Fd parent = open_directory(upper, parent_of(trace.path));
    if (parent) remove(parent, trace);
  }
}

}  // namespace runtime

// Makes a missing path inside a root that is being set up, without ever
// leaving it, and without allocating: the child's mkdir -p.
//
// Symbolic links are followed as the sandbox will see them, dangling ones as
// well: /etc/resolv.conf -> ../run/resolve/stub.conf makes run/resolve and an
// empty file in it. An absolute target starts again at the root; ".." stops
// there. openat2(2) resolves like this too, but cannot create as it goes.
//
// The times of a directory that gets a new entry are put back at once.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <array>
#include <climits>

namespace runtime {

enum class PointKind { directory, file };

class PathMaker {
 public:
  // `root` is an open directory and stays the caller's.
  explicit PathMaker(int root) noexcept : root_(root) {}

  // Afterwards `path` exists; a missing last part becomes a `leaf`, mode 0755
  // or 0644. Returns 0 or an errno.
  int make(const char* path, PointKind leaf) noexcept;

  // Of the last make(): whether the last part was missing; its path from the
  // root without symbolic links and leading slash; its state when just made;
  // the device of the directory it was made in.
  bool made() const noexcept { return made_; }
  const char* real_path() const noexcept { return done_.data(); }
  const struct stat& status() const noexcept { return status_; }
  dev_t parent_device() const noexcept { return parent_device_; }

 private:
  int step(const char* name, bool last, PointKind leaf) noexcept;
  int create(const char* name, PointKind kind) noexcept;
  int follow(const char* name) noexcept;
  int descend(const char* name) noexcept;
  int go_up() noexcept;
  int go_to_root() noexcept;
  int push(const char* name) noexcept;
  void close_directory() noexcept;

  int root_;
  int directory_ = -1;  // where done_ leads
  int links_ = 0;
  bool made_ = false;
  struct stat status_ {};
  dev_t parent_device_ = 0;
  std::array<char, PATH_MAX> done_{};
  std::array<char, 2 * PATH_MAX> rest_{};  // what is still to be walked
};

}  // namespace runtime

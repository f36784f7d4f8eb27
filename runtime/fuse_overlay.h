// fuse-overlayfs(1) mounted on a directory, for the time of one step.
//
// The program is a child of this process that the kernel kills with the thread
// that made this; then, or when it is unmounted, the mount is dead. It is to be
// mounted in a private mount namespace, so that nobody else sees it and nothing
// is left of it when this process is killed.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"

namespace runtime {

class FuseOverlay {
 public:
  // Returns when it is mounted. `lower` is topmost first; `work` is an empty
  // directory on the file system of `upper`. Throws: not_found when there is no
  // fuse-overlayfs; system with its own words when it fails.
  FuseOverlay(const std::vector<std::string>& lower,
              const std::filesystem::path& upper,
              const std::filesystem::path& work, std::string mount_point);
  FuseOverlay(const FuseOverlay&) = delete;
  FuseOverlay& operator=(const FuseOverlay&) = delete;
  ~FuseOverlay();

  // Afterwards all is written, and the program has ended. Throws: system.
  void unmount();

 private:
  void wait_until_mounted(base::Fd errors);
  void reap() noexcept;

  std::string mount_point_;
  pid_t program_ = -1;
  bool is_mounted_ = false;
};

// Its path, or empty when it is not installed.
std::string find_fuse_overlayfs();

}  // namespace runtime

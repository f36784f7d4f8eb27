// fuse-overlayfs(1) mounted on a directory, for the time of one step.
//
// The program dies with the thread that made this (tied_process.h); then, or
// when it is unmounted, the mount is dead. It is to be mounted in a private
// mount namespace, so that nobody else sees it and nothing is left of it when
// this process is killed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/tied_process.h"

namespace runtime {

class FuseOverlay {
 public:
  // Returns when it is mounted. `lower` is topmost first; `work` is an empty
  // directory on the file system of `upper`. Throws: not_found when there is no
  // fuse-overlayfs; unavailable with its own words when it fails.
  FuseOverlay(const std::vector<std::string>& lower,
              const std::filesystem::path& upper,
              const std::filesystem::path& work, std::string mount_point);
  FuseOverlay(const FuseOverlay&) = delete;
  FuseOverlay& operator=(const FuseOverlay&) = delete;
  ~FuseOverlay();

  // Afterwards all is written, and the program has ended. Throws: system.
  void unmount();

 private:
  std::string mount_point_;
  std::optional<TiedProcess> program_;
};

}  // namespace runtime

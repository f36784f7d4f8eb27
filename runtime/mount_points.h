// Mount points in a root that is being set up: found, or made and reported, so
// that the parent can sweep them (trace_sweep.h). For the child: allocates
// nothing.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "runtime/mount_plan.h"
#include "runtime/report.h"

namespace runtime {

class MountPoints {
 public:
  // `root` is an open directory and stays the caller's.
  MountPoints(int root, const Reporter& report) noexcept;

  // An O_PATH file of where `mount` goes, resolved inside the root; made when
  // missing. It is neither the root itself nor of another kind than the mount.
  int open(const MountPlan& mount, std::size_t item) noexcept;

  // After the last change by us: the state of each directory above a path that
  // was made, so that the parent can tell later whether the step touched it.
  void record_traces() noexcept;

 private:
  // Real paths of those that had to be made in the merged view: strings, each
  // with its NUL, one after the other.
  class MadePaths {
   public:
    bool add(std::string_view path) noexcept;
    const char* begin() const noexcept { return text_.data(); }
    const char* end() const noexcept { return text_.data() + used_; }

   private:
    std::array<char, 16384> text_;
    std::size_t used_ = 0;
  };

  const int root_;
  const Reporter& report_;
  struct stat root_status_ {};
  MadePaths made_;
};

}  // namespace runtime

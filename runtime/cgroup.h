// The control group of one run: the limits of a Spec's Linux::resources, and
// what was used under them.
//
// On disk: a directory "strake-<pid>-<n>" in each hierarchy that a limit needs.
// v1: in our own cgroup. v2: in the nearest cgroup from ours upwards that has
// the controllers for its children, since a cgroup that holds processes, as
// ours does, cannot give its children limits.
//
// The directory is locked (flock(2)) while its owner lives, as a lease of the
// store is, whatever pid namespaces the two are in. Before one is made, those
// beside it whose owner was killed are removed.
//
// Limits are honoured or refused: what cannot be set is an error that names the
// controller and the path, before anything runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/cgroup_hierarchy.h"
#include "runtime/spec.h"

namespace runtime {

class Cgroup {
 public:
  // Throws: unsupported when a controller is missing, denied or system when a
  // limit cannot be set.
  Cgroup(const Resources& limits,
         const std::vector<CgroupHierarchy>& hierarchies);
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  // Removes its directories; the processes in it must have ended.
  ~Cgroup();

  // The directory for CLONE_INTO_CGROUP; -1 when v2 has no part in this.
  int unified() const noexcept { return unified_; }

  // The cgroup.procs of each v1 hierarchy: who writes "0" there is in.
  std::span<const int> entrances() const noexcept { return entrances_; }

  // The most memory in use at any time, where the kernel keeps that.
  std::optional<std::uint64_t> find_peak_memory_bytes() const;
  // How many processes were killed because the limit was reached.
  std::uint64_t count_oom_kills() const;

 private:
  class Directory;

  std::vector<std::unique_ptr<Directory>> directories_;
  // Open files of the directories'.
  int unified_ = -1;
  std::vector<int> entrances_;
  const Directory* memory_ = nullptr;
};

}  // namespace runtime

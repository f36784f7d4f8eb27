// The control group of one run: its limits, its device rules, and what was
// used.
//
// On disk: a CgroupDirectory in each hierarchy that has a part in it. v1: in
// our own cgroup. v2: in the nearest cgroup from ours upwards that has the
// controllers for its children, since a cgroup that holds processes, as ours
// does, cannot give its children limits. Resources::cgroup_parent replaces
// both.
//
// Limits are honoured or refused: what cannot be set is an error that names the
// controller and the path, before anything runs. What nobody asked for,
// counting memory and the device rules, is had where it can be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "runtime/cgroup_directory.h"
#include "runtime/cgroup_hierarchy.h"
#include "runtime/cgroup_settings.h"
#include "runtime/spec.h"

namespace runtime {

class Cgroup {
 public:
  // Throws: unsupported when a limit's controller is missing, invalid_input for
  // processors that are not there, denied or system when a limit cannot be set.
  Cgroup(const Resources& resources,
         const std::vector<CgroupHierarchy>& hierarchies);
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  // Removes its directories; the processes in it must have ended.
  ~Cgroup();

  // The directory for CLONE_INTO_CGROUP; -1 when v2 has no part in this.
  int unified() const noexcept { return unified_; }

  // The file "tasks" of each v1 directory: who writes "0" there is in. (Unlike
  // cgroup.procs, that of one thread takes no lock of the whole machine.)
  std::span<const int> entrances() const noexcept { return entrances_; }

  bool is_empty() const noexcept { return directories_.empty(); }

  // Why the device rules do not hold; empty when they do.
  const std::string& device_fault() const noexcept { return device_fault_; }

  // The most memory in use at any time, where the kernel keeps that.
  std::optional<std::uint64_t> find_peak_memory_bytes() const;
  // How many of its processes were killed for want of memory, be it that its
  // limit was reached, that of a group above, or the end of the machine's.
  std::uint64_t count_oom_kills() const;

 private:
  // What one hierarchy has a part in.
  struct Part {
    const CgroupHierarchy* hierarchy;
    std::vector<ControllerSettings> limits;
    bool counts_memory = false;
    std::vector<DeviceRule> devices = {};
  };
  static std::vector<Part> plan_parts(
      const Resources& resources,
      const std::vector<CgroupHierarchy>& hierarchies);
  void make(const Part& part, const std::string& parent);
  std::string set_device_rules(const CgroupDirectory& directory,
                               const std::vector<DeviceRule>& rules);

  std::vector<std::unique_ptr<CgroupDirectory>> directories_;
  std::vector<base::Fd> entrance_files_;
  // Open files of the above.
  int unified_ = -1;
  std::vector<int> entrances_;
  const CgroupDirectory* memory_ = nullptr;
  std::string device_fault_;
};

// Removes what killed owners left beside our own cgroup, or above it where v2
// groups are made.
void sweep_cgroups(const std::vector<CgroupHierarchy>& hierarchies);

}  // namespace runtime

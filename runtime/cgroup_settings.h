// What the controllers of control groups are told, in the words of either
// version: cgroup-v1/*.rst and cgroup-v2.rst of the kernel's documentation.
//
//   limit        v1                                  v2
//   memory       memory.limit_in_bytes               memory.max
//   + swap       memory.memsw.limit_in_bytes         memory.swap.max (swap
//   alone) cpu time     cpu.cfs_quota_us, cpu.cfs_period_us cpu.max cpu shares
//   cpu.shares                          cpu.weight cpuset       cpuset.cpus,
//   cpuset.mems            the same pids         pids.max the same block I/O
//   blkio.weight, blkio.throttle.*      io.weight, io.max devices devices.deny,
//   devices.allow         a program: device_program.h
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/spec.h"

namespace runtime {

// One write to one file of a group's directory.
struct CgroupSetting {
  std::string file;
  std::string value;
  // What some kernels have in its place: the weight under the BFQ scheduler.
  std::string other_file = {};
  std::string other_value = {};
  // Else left out where the kernel lacks the file or does not let us.
  bool is_required = true;
};

struct ControllerSettings {
  std::string v1_controller;
  std::string v2_controller;
  std::vector<CgroupSetting> v1;
  std::vector<CgroupSetting> v2;
};

// One for each controller that a limit needs, in the order of their names here;
// of a Spec without limits none. Device rules are no limits.
std::vector<ControllerSettings> plan_limits(const Resources& resources);

// The device rules as v1 takes them; v2 has a program instead.
ControllerSettings plan_device_rules(const std::vector<DeviceRule>& rules);

// cpu.weight, 1 to 10000, of cpu.shares: the quadratic mapping that runc (from
// 1.3.2) and crun (from 1.23) use, in which the defaults, 1024 and 100, meet.
std::uint64_t weight_of_shares(std::uint64_t shares);

}  // namespace runtime

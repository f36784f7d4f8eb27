#include "runtime/spec.h"

namespace runtime {

bool Resources::is_limited() const noexcept {
  const bool has_throttle =
      !block_io.read_bps.empty() || !block_io.write_bps.empty() ||
      !block_io.read_iops.empty() || !block_io.write_iops.empty();
  return memory.limit || cpu.quota || cpu.period != Cpu().period ||
         cpu.shares || !cpu.cpus.empty() || !cpu.mems.empty() || pids ||
         block_io.weight || has_throttle || !cgroup_parent.empty();
}

}  // namespace runtime

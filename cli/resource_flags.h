// The flags that limit what a step or container may use of the machine, as
// docker run has them: --memory, --cpus, --pids-limit and their kin.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "runtime/spec.h"

namespace cli {

class ResourceFlags {
 public:
  // Declares them; parsing fills this object.
  void add_to(Options& options);

  // What they mean, with docker's rules on which go together. A 0 is docker's
  // word for no limit. Throws: usage, and not_found for a device.
  runtime::Resources read() const;

 private:
  runtime::Resources::Memory read_memory() const;
  runtime::Resources::Cpu read_cpu() const;
  runtime::Resources::BlockIo read_block_io() const;

  std::optional<std::string> memory_, memory_swap_, cpus_, shares_, period_,
      quota_, cpuset_cpus_, cpuset_mems_, pids_, io_weight_, cgroup_parent_;
  std::vector<std::string> read_bps_, write_bps_, read_iops_, write_iops_;
};

}  // namespace cli

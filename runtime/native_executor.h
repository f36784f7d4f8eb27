// The default executor: namespaces set up in-process by clone3, no helper
// programs, the command as pid 1.
#pragma once

#include <memory>
#include <vector>

#include "base/guarded.h"
#include "runtime/cgroup_source.h"
#include "runtime/death_watch.h"
#include "runtime/executor.h"
#include "runtime/seccomp_filter.h"

namespace runtime {

class NativeExecutor : public Executor {
 public:
  void check_limits(const Resources& resources) override;
  Outcome run(const Spec& spec, const Root& root, const Streams& streams,
              std::stop_token stop) override;

 private:
  // Compiling takes longer than a whole step, and nearly all steps have the
  // same rules.
  struct CompiledFilter {
    Seccomp rules;
    std::shared_ptr<const SeccompProgram> program;
  };
  std::shared_ptr<const SeccompProgram> compile(const Seccomp& rules);
  base::Guarded<std::vector<CompiledFilter>> filters_;
  CgroupSource cgroups_;
  DeathWatch watch_;
};

}  // namespace runtime

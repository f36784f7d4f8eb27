// A cloned process, owned: it does not outlive its owner.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/fd.h"
#include "runtime/child.h"
#include "runtime/report.h"

namespace runtime {

class ChildProcess {
 public:
  // Clones into the plan's namespaces and runs run_child() there. `plan` is
  // only read by the child's copy. Throws: system, denied.
  ChildProcess(const SandboxPlan& plan, const ChildFiles& files);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  // Kills and reaps it, unless wait() has. Where the process was the first of
  // a pid namespace, all in that namespace are dead and its mounts gone.
  ~ChildProcess();

  pid_t pid() const noexcept { return pid_; }
  // Readable when the process has ended.
  const base::Fd& pidfd() const noexcept { return pidfd_; }

  // May be called from any thread until wait() was.
  void kill() const noexcept;

  // Blocks until it ended, and reaps it. Throws: system.
  Ending wait();

 private:
  pid_t pid_ = -1;
  base::Fd pidfd_;
};

}  // namespace runtime

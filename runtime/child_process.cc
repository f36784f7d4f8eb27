#include "runtime/child_process.h"

#include <sched.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "runtime/blocked_signals.h"
#include "runtime/syscalls.h"

namespace runtime {
ChildProcess::ChildProcess(const SandboxPlan& plan, const ChildFiles& files) {
  int pidfd = -1;
  clone_args args{};
  args.flags = plan.namespaces | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  if (files.cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(files.cgroup);
  }
  // No handler of ours may run in the child, whose other threads are gone.
  const BlockedSignals blocked;
  const long pid = clone3(args);
  if (pid == 0) run_child(plan, files);
  if (pid < 0) {
    throw base::system_error(errno, "sandbox: making its namespaces");
  }
  pid_ = static_cast<pid_t>(pid);
  pidfd_ = base::Fd(pidfd);
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  kill();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void ChildProcess::kill() const noexcept {
  pidfd_send_signal(pidfd_.get(), SIGKILL);
}

Ending ChildProcess::wait() {
  Ending ending;
  while (::wait4(pid_, &ending.status, 0, &ending.usage) < 0) {
    if (errno != EINTR) {
      throw base::system_error(errno, "waiting for the step's process");
    }
  }
  pid_ = -1;
  return ending;
}

}  // namespace runtime

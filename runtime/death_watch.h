// Kills our sandboxes when we are killed and the kernel's own means does not:
// PR_SET_PDEATHSIG, which ties a step to us, is cleared by execve(2) of a
// setuid program (prctl(2)).
//
// A process of its own, started with the first sandbox, holds a pidfd of each
// that runs. It hears of our end, whatever that was, by the end of the socket
// between us. It keeps no other file of ours open, takes no signal of our
// terminal, and never executes anything, so that nothing can clear anything.
#pragma once

#include <sys/types.h>

#include "base/fd.h"
#include "base/guarded.h"

namespace runtime {

class DeathWatch {
 public:
  DeathWatch() = default;
  DeathWatch(const DeathWatch&) = delete;
  DeathWatch& operator=(const DeathWatch&) = delete;
  // Ends the process; what it still watches is killed.
  ~DeathWatch();

  // The process of this pidfd is not to outlive us. Throws: system.
  // Threads: may be called at once.
  void add(const base::Fd& pidfd);

 private:
  struct Watcher {
    base::Fd socket;
    pid_t pid = -1;
  };
  static void start(Watcher& watcher);

  base::Guarded<Watcher> watcher_;
};

}  // namespace runtime

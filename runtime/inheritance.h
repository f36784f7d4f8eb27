// What a cloned child inherits from strake and is not to: its handling of
// signals, and files with the numbers of the standard streams.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "base/error.h"
#include "base/fd.h"

namespace runtime {

// The parent blocked all signals around clone3; handlers of its own and
// ignored signals must not reach the command.
inline void reset_signals() noexcept {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) {
    ::sigaction(number, &standard, nullptr);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// A program whose own 0, 1 or 2 is closed gets these numbers for new files;
// the child must be able to overwrite them.
inline base::Fd above_streams(base::Fd file) {
  if (file.get() > STDERR_FILENO) return file;
  base::Fd higher(::fcntl(file.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!higher) throw base::system_error(errno, "preparing a pipe");
  return higher;
}

}  // namespace runtime

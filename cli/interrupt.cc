#include "cli/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <cerrno>

#include "base/error.h"

namespace cli {
namespace {

sigset_t watched_signals() {
  sigset_t set{};
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    sigaddset(&set, number);
  }
  return set;
}

sigset_t command_signals() {
  sigset_t set{};
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2,
                           SIGCONT, SIGWINCH}) {
    struct sigaction current {};
    ::sigaction(number, nullptr, &current);
    if (current.sa_handler != SIG_IGN) sigaddset(&set, number);
  }
  return set;
}

}  // namespace

void InterruptWatcher::start() {
  if (thread_.joinable()) return;
  const sigset_t set = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A reader that left, or a limit of size, is a failed write, not our death.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  thread_ = std::jthread([this, set](const std::stop_token& end) {
    for (;;) {
      int number = 0;
      ::sigwait(&set, &number);
      if (end.stop_requested()) return;
      if (number != SIGUSR1) source_.request_stop();
    }
  });
}

InterruptWatcher::InterruptWatcher() = default;

InterruptWatcher::~InterruptWatcher() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  // Wakes the thread out of sigwait.
  ::pthread_kill(thread_.native_handle(), SIGUSR1);
}

CommandSignals::CommandSignals() {
  const sigset_t set = command_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  file_ = base::Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!file_) throw base::system_error(errno, "preparing for signals");
}

}  // namespace cli

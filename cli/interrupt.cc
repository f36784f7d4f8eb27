#include "cli/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <initializer_list>

#include "base/error.h"

namespace cli {
namespace {

// Under nohup(1) a hang-up stays ignored. A shell makes its background jobs
// ignore SIGINT too, but there somebody who sends one means us.
sigset_t set_of(std::initializer_list<int> numbers) {
  sigset_t set{};
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  struct sigaction current {};
  ::sigaction(SIGHUP, nullptr, &current);
  if (current.sa_handler == SIG_IGN) sigdelset(&set, SIGHUP);
  return set;
}

sigset_t watched_signals() {
  return set_of({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1});
}

sigset_t command_signals() {
  return set_of(
      {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH});
}

}  // namespace

void InterruptWatcher::hold() {
  stop();
  const sigset_t set = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

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
      if (number != SIGUSR1) source_.request_stop();
      if (end.stop_requested()) return;
    }
  });
}

InterruptWatcher::InterruptWatcher() = default;

InterruptWatcher::~InterruptWatcher() { stop(); }

void InterruptWatcher::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  // Wakes the thread out of sigwait.
  ::pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

CommandSignals::CommandSignals() {
  const sigset_t set = command_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  file_ = base::Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!file_) throw base::system_error(errno, "preparing for signals");
}

}  // namespace cli

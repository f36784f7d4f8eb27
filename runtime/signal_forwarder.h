// Signals sent to strake that are meant for the command.
//
// The command is pid 1 of its pid namespace: pid_namespaces(7) lets a signal
// from outside through only when it has a handler for it. Handed on blindly,
// Ctrl-C at a program that leaves SIGINT alone would do nothing. So the masks
// in /proc/PID/status decide: a signal that the command catches, ignores or
// blocks (to wait for it) is sent to it and is its own affair; for any other
// one we carry out what it does to every other process, which is to end it.
//
// What the keyboard sent (Ctrl-C, not `kill`) goes to the command's process
// group, as the terminal would have sent it: a shell that waits for another
// program is not interrupted unless that program is.
//
// With a terminal we are what a terminal's window is to a shell: SIGWINCH means
// a new size, and SIGHUP or SIGTERM, where the command ignores them, hang the
// line up.
//
// Refused: a small init as pid 1 that hands signals on. It would make the
// command pid 2, and cost a process for each run.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/fd.h"
#include "runtime/child_process.h"
#include "runtime/terminal_relay.h"

namespace runtime {

class SignalForwarder {
 public:
  // `signals` is a signalfd(2), or null when there is nothing to forward;
  // `terminal` is null when the command has none. All must outlive this.
  SignalForwarder(const base::Fd* signals, const ChildProcess& child,
                  TerminalRelay* terminal);

  // Readable when forward() has something to do; -1 when it never has.
  int source() const noexcept { return signals_ ? signals_->get() : -1; }

  // Deals with the signals that came. `command` is its process, once it is
  // executed: before, a signal has its default effect. Throws: system.
  void forward(std::optional<pid_t> command);

  // The signal for which the command was killed.
  std::optional<int> carried_out() const noexcept { return carried_out_; }

 private:
  using Clock = std::chrono::steady_clock;

  enum class Origin { keyboard, process };

  void forward(int signal, Origin origin, std::optional<pid_t> command);
  bool is_impatient(Clock::time_point now);
  void carry_out(int signal);

  const base::Fd* signals_;
  const ChildProcess& child_;
  TerminalRelay* terminal_;
  std::array<Clock::time_point, 2> last_interrupts_{};
  std::optional<int> carried_out_;
};

// What a process with this /proc/PID/status makes of a signal; one that is
// blocked counts as handled, since somebody will wait for it.
enum class Disposition { standard, ignored, handled };
Disposition find_disposition(std::string_view status, int signal);

}  // namespace runtime

#include "runtime/signal_forwarder.h"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>

#include "base/error.h"
#include "runtime/inner_process.h"
#include "runtime/syscalls.h"

namespace runtime {
namespace {

// Three within this time are somebody at the end of their patience.
constexpr std::chrono::seconds kPatience{3};

// The mask in the line "SigCgt:\t0000000000004002".
std::uint64_t find_mask(std::string_view status, std::string_view name) {
  const std::size_t line = status.find(fmt::format("\n{}:\t", name));
  if (line == std::string_view::npos) return 0;
  const std::string_view digits = status.substr(line + name.size() + 3);
  std::uint64_t mask = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), mask, 16);
  return mask;
}

bool ends_by_default(int signal) {
  return signal != SIGWINCH && signal != SIGCONT;
}

}  // namespace

Disposition find_disposition(std::string_view status, int signal) {
  const std::uint64_t bit = std::uint64_t{1} << (signal - 1);
  const std::uint64_t handled =
      find_mask(status, "SigCgt") | find_mask(status, "SigBlk");
  if ((handled & bit) != 0) return Disposition::handled;
  return (find_mask(status, "SigIgn") & bit) != 0 ? Disposition::ignored
                                                  : Disposition::standard;
}

SignalForwarder::SignalForwarder(const base::Fd* signals,
                                 const ChildProcess& child,
                                 TerminalRelay* terminal)
    : signals_(signals), child_(child), terminal_(terminal) {}

void SignalForwarder::forward(std::optional<pid_t> command) {
  std::array<signalfd_siginfo, 8> infos{};
  const ssize_t size = ::read(signals_->get(), infos.data(), sizeof infos);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    throw base::system_error(errno, "reading signals");
  }
  const auto count = static_cast<std::size_t>(size) / sizeof infos[0];
  for (std::size_t i = 0; i < count; ++i) {
    forward(static_cast<int>(infos[i].ssi_signo),
            infos[i].ssi_code == SI_KERNEL ? Origin::keyboard : Origin::process,
            command);
  }
}

void SignalForwarder::forward(int signal, Origin origin,
                              std::optional<pid_t> command) {
  if (signal == SIGINT && is_impatient(Clock::now())) {
    carry_out(signal);
    return;
  }
  if (signal == SIGWINCH && terminal_ != nullptr) {
    terminal_->resize();
    return;
  }
  if (!command) {
    if (ends_by_default(signal)) carry_out(signal);
    return;
  }
  // Where somebody else reaps the command its number may become another's; this
  // file stays with the one whose masks are read.
  const base::Fd process(pidfd_open(*command));
  const std::string status = read_of_process(*command, "status");
  if (!process || status.empty()) return;  // it has ended: so does the run
  const Disposition disposition = find_disposition(status, signal);
  if (disposition == Disposition::standard) {
    if (ends_by_default(signal)) carry_out(signal);
  } else if (origin == Origin::process) {
    pidfd_send_signal(process.get(), signal);
  } else if (pidfd_send_signal(process.get(), 0) == 0) {
    ::kill(-*command, signal);
  }
  const bool closes_window = signal == SIGHUP || signal == SIGTERM;
  if (disposition != Disposition::ignored || !closes_window ||
      terminal_ == nullptr) {
    return;
  }
  if (terminal_->is_hung_up()) carry_out(signal);
  terminal_->hang_up();
}

bool SignalForwarder::is_impatient(Clock::time_point now) {
  const bool is_third = last_interrupts_[0] != Clock::time_point() &&
                        now - last_interrupts_[0] < kPatience;
  last_interrupts_ = {last_interrupts_[1], now};
  return is_third;
}

void SignalForwarder::carry_out(int signal) {
  if (!carried_out_) carried_out_ = signal;
  child_.kill();
}

}  // namespace runtime

// Carries bytes between our own terminal and the sandbox's.
//
// The command's terminal is made inside the sandbox (child_terminal.cc), whose
// child sends its master side over a socket. From then on what the command
// writes is handed on as output, and what comes from our standard input, when
// the command is to have it, is written to the master. Neither side may hold up
// the other, nor signals: nothing is read before there is room for it.
//
// Our own terminal is expected in raw mode by then; that is the caller's
// affair.
#pragma once

#include <poll.h>

#include <optional>
#include <span>
#include <string>

#include "base/fd.h"
#include "runtime/executor.h"

namespace runtime {

class TerminalRelay {
 public:
  static constexpr std::size_t kFiles = 3;

  // `channel` is the socket the master comes by. `streams` must outlive this:
  // output goes to its on_output, or to our standard output when it has none.
  TerminalRelay(base::Fd channel, const Streams& streams);

  // What to poll(2) for next, and what to do about the answer. Throws: system
  // when output cannot be written; a reader that is gone is a hang-up instead.
  void prepare(std::span<pollfd, kFiles> files) const noexcept;
  void handle(std::span<const pollfd, kFiles> files);

  // Delivers what the command, which has ended, had written.
  void finish();

  // Gives the command's terminal the size that ours has now.
  void resize();

  // Takes the terminal away: its session is sent SIGHUP and reads no more.
  void hang_up() noexcept;
  bool is_hung_up() const noexcept { return is_hung_up_; }

 private:
  void receive_master();
  bool read_master();
  void write_master();
  void read_input();
  void write_output();

  const Streams& streams_;
  base::Fd channel_;  // until the master has come
  base::Fd master_;
  // Held open so that the master does not fail with EIO, for good as far as
  // poll(2) is concerned, while no process has the terminal open.
  base::Fd slave_;
  std::string to_command_;
  std::string to_us_;
  bool is_resize_due_ = false;
  bool is_hung_up_ = false;
};

// The size of the terminal that our standard output or else input is.
std::optional<ConsoleSize> find_terminal_size() noexcept;

}  // namespace runtime

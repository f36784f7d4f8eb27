// What Ctrl-C and its like do: to a build they are a request to stop, so that
// it ends by unwinding, sandboxes killed and leases removed; to `strake run`
// they are its command's affair.
#pragma once

#include <stop_token>
#include <thread>

#include "base/fd.h"

namespace cli {

class InterruptWatcher {
 public:
  InterruptWatcher();
  InterruptWatcher(const InterruptWatcher&) = delete;
  InterruptWatcher& operator=(const InterruptWatcher&) = delete;
  ~InterruptWatcher();

  // Until this is called the signals do what they do by default, which is right
  // while there is nothing to clean up. Must be called before other threads
  // start: they inherit the blocked signals.
  void start();

  // For a moment in which there may be no other thread: signals wait until
  // start() is called.
  void hold();

  std::stop_token token() const { return source_.get_token(); }

 private:
  void stop();

  std::stop_source source_;
  std::jthread thread_;
};

// The signals that a foreground command gets from its terminal or its
// supervisor, caught for it. Those that we were told to ignore, as by nohup,
// stay ignored.
class CommandSignals {
 public:
  // Blocks them, for good: what comes after the command's end is for an
  // InterruptWatcher, or too late. Must be called before other threads start.
  // Throws: system.
  CommandSignals();

  // For runtime::Streams::signals.
  const base::Fd& file() const noexcept { return file_; }

 private:
  base::Fd file_;
};

}  // namespace cli

// Ctrl-C, SIGTERM and SIGHUP as a request to stop, so that a build ends by
// unwinding: sandboxes killed, leases removed.
#pragma once

#include <stop_token>
#include <thread>

namespace cli {

class InterruptWatcher {
 public:
  InterruptWatcher() = default;
  InterruptWatcher(const InterruptWatcher&) = delete;
  InterruptWatcher& operator=(const InterruptWatcher&) = delete;
  ~InterruptWatcher();

  // Until this is called the signals do what they do by default, which is right
  // while there is nothing to clean up. Must be called before other threads
  // start: they inherit the blocked signals.
  void start();

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread thread_;
};

}  // namespace cli

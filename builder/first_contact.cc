#include "builder/first_contact.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/error.h"

namespace builder {
namespace {

constexpr std::chrono::seconds kPatience{15};

// Stops what has its token when the time is over or the build is.
class Deadline {
 public:
  explicit Deadline(const std::stop_token& stop)
      : link_(stop, [this] { source_.request_stop(); }),
        timer_([this](const std::stop_token& ended) { wait(ended); }) {}

  std::stop_token token() const { return source_.get_token(); }
  bool is_over() const { return is_over_; }

 private:
  void wait(const std::stop_token& ended) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, ended, kPatience, [] { return false; });
    if (ended.stop_requested()) return;
    is_over_ = true;
    source_.request_stop();
  }

  std::stop_source source_;
  std::atomic<bool> is_over_ = false;
  std::stop_callback<std::function<void()>> link_;
  std::jthread timer_;  // the last: it uses the others
};

}  // namespace

registry::HttpLimits impatient(registry::HttpLimits limits) {
  limits.connect = std::chrono::seconds(5);
  limits.stall = std::chrono::seconds(10);
  limits.fruitless_tries = 3;
  limits.unreached_tries = 2;
  limits.longest_pause = std::chrono::seconds(5);
  return limits;
}

void ask_soon(const std::string& server, const std::stop_token& stop,
              const std::function<void(const std::stop_token&)>& ask) {
  const Deadline deadline(stop);
  try {
    ask(deadline.token());
  } catch (const base::Error& error) {
    const bool is_late = error.kind() == base::ErrorKind::cancelled &&
                         deadline.is_over() && !stop.stop_requested();
    if (!is_late) throw;
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("{} has not answered within {} seconds",
                                  server, kPatience.count()));
  }
}

registry::Manifest get_manifest_soon(const registry::Repository& from,
                                     const std::string& reference,
                                     const std::stop_token& stop) {
  registry::Manifest found;
  ask_soon(from.host().settings().authority, stop,
           [&](const std::stop_token& soon) {
             found = from.get_manifest(reference, soon);
           });
  return found;
}

}  // namespace builder

#include "builder/first_contact.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "registry/unavailable.h"

namespace builder {
namespace {

constexpr std::chrono::seconds kPatience{15};
// A server that is started anew is back by then.
constexpr std::chrono::minutes kMemory{5};

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

void FirstContacts::check_known(const std::string& server) {
  const auto lost = lost_.lock();
  const auto found = lost->find(server);
  if (found == lost->end()) return;
  if (std::chrono::steady_clock::now() - found->second.when > kMemory) {
    lost->erase(found);
    return;
  }
  throw base::Error(
      base::ErrorKind::unavailable,
      fmt::format("{} (it was not asked again)", found->second.why));
}

void FirstContacts::note_loss(const std::string& server,
                              const std::string& why) {
  lost_.lock()->insert_or_assign(server,
                                 Loss{why, std::chrono::steady_clock::now()});
}

void FirstContacts::ask(const std::string& server, const std::stop_token& stop,
                        const Ask& ask) {
  check_known(server);
  const Deadline deadline(stop);
  try {
    ask(deadline.token());
  } catch (const base::Error& error) {
    if (const auto* known = dynamic_cast<const registry::Unavailable*>(&error);
        known != nullptr && known->is_unreached) {
      note_loss(server, error.message());
    }
    const bool is_late = error.kind() == base::ErrorKind::cancelled &&
                         deadline.is_over() && !stop.stop_requested();
    if (!is_late) throw;
    const std::string why = fmt::format("{} has not answered within {} seconds",
                                        server, kPatience.count());
    note_loss(server, why);
    throw base::Error(base::ErrorKind::unavailable, why);
  }
}

registry::Manifest FirstContacts::get_manifest(const registry::Repository& from,
                                               const std::string& reference,
                                               const std::stop_token& stop) {
  registry::Manifest found;
  ask(from.host().settings().authority, stop, [&](const std::stop_token& soon) {
    found = from.get_manifest(reference, soon);
  });
  return found;
}

}  // namespace builder

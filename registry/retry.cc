#include "registry/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>

namespace registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Throws: cancelled.
void pause(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
  if (stop.stop_requested()) {
    throw base::Error(base::ErrorKind::cancelled, "the work was stopped");
  }
}

}  // namespace

bool is_later(int status) {
  return status == 408 || status == 429 || status == 500 ||
         (status >= 502 && status <= 504);
}

base::ErrorKind kind_of_status(int status) {
  if (status == 404 || status == 410) return base::ErrorKind::not_found;
  if (status == 401 || status == 403 || status == 407) {
    return base::ErrorKind::denied;
  }
  return is_later(status) ? base::ErrorKind::unavailable
                          : base::ErrorKind::invalid_input;
}

std::optional<seconds> find_retry_after(const HttpReply& reply) {
  const std::string text = reply.header("retry-after");
  if (text.empty()) return std::nullopt;
  std::int64_t count = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) {
    const auto date = find_http_date(text);
    if (!date) return std::nullopt;
    count = *date - std::chrono::system_clock::to_time_t(
                        std::chrono::system_clock::now());
  }
  constexpr std::int64_t kDay = 86'400;
  return seconds(std::clamp<std::int64_t>(count, 0, kDay));
}

void throw_tried(const base::Error& last, int tries) {
  const auto* const known = dynamic_cast<const Unavailable*>(&last);
  if (last.kind() != base::ErrorKind::unavailable) throw base::Error(last);
  const bool is_repeated = tries > 1;
  Unavailable error(
      is_repeated ? fmt::format("{} (tried {} times)", last.message(), tries)
                  : last.message());
  error.hint(last.hint());
  if (known != nullptr) {
    error.asked_pause = known->asked_pause;
    error.is_unreached = known->is_unreached;
  }
  throw error;
}

Retry::Retry(const HttpLimits& limits, std::stop_token stop)
    : limits_(limits), stop_(std::move(stop)) {}

milliseconds Retry::next_pause(milliseconds least) const {
  constexpr int kMostDoublings = 5;
  milliseconds time =
      limits_.first_delay * (1 << std::min(fruitless_ - 1, kMostDoublings));
  std::minstd_rand random(std::random_device{}());
  time += time * std::uniform_int_distribution<int>(0, 50)(random) / 100;
  return std::max(time, least);
}

void Retry::wait(const base::Error& error, bool has_progressed) {
  if (error.kind() != base::ErrorKind::unavailable) throw error;
  const auto* const known = dynamic_cast<const Unavailable*>(&error);
  const seconds asked =
      known ? known->asked_pause.value_or(seconds(0)) : seconds(0);
  fruitless_ = has_progressed ? 1 : fruitless_ + 1;
  const bool is_unreached = known && known->is_unreached && !has_progressed;
  unreached_ = is_unreached ? unreached_ + 1 : 0;
  if (fruitless_ >= limits_.fruitless_tries || tries_ >= limits_.tries ||
      unreached_ >= limits_.unreached_tries || asked > limits_.longest_pause) {
    if (known != nullptr) throw Unavailable(*known);
    throw error;
  }
  pause(next_pause(asked), stop_);
  ++tries_;
}

}  // namespace registry

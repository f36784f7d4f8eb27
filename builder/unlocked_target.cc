#include "builder/unlocked_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>

#include "builder/cache_merge.h"

namespace builder {
namespace {

using std::chrono::milliseconds;

constexpr int kMostTurns = 20;
constexpr milliseconds kLongestPause{5000};
// How much longer than ours others' way from look to put may be.
constexpr int kPatience = 4;

// Up to as much again.
milliseconds with_jitter(milliseconds time) {
  static thread_local std::minstd_rand random(std::random_device{}());
  return time + milliseconds(std::uniform_int_distribution<long>(
                    0, time.count())(random));
}

// Of what was read whole, and is not what it should be.
bool is_damage(const base::Error& error) {
  return error.kind() == base::ErrorKind::corrupt ||
         error.kind() == base::ErrorKind::invalid_input ||
         error.kind() == base::ErrorKind::not_found;
}

}  // namespace

UnlockedTarget::UnlockedTarget(milliseconds least_pause, std::stop_token stop)
    : least_pause_(least_pause), stop_(std::move(stop)) {}

store::CacheIndex UnlockedTarget::read_index() {
  merged_ = find_manifest().value_or(Found{});
  if (merged_.version.empty()) return {};
  try {
    return parse(merged_.text);
  } catch (const base::Error& error) {
    // A damaged one is of no use to anybody; this makes a new one.
    if (!is_damage(error)) throw;
    return {};
  }
}

void UnlockedTarget::keep(const store::CacheIndex& /*index*/,
                          const std::vector<base::Descriptor>& /*more*/) {}

void UnlockedTarget::pause(milliseconds time) const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop_, time, [] { return false; });
  if (stop_.stop_requested()) {
    throw base::Error(base::ErrorKind::cancelled, "interrupted");
  }
}

std::optional<store::CacheIndex> UnlockedTarget::commit(
    const store::CacheIndex& index, const std::vector<base::Descriptor>& more) {
  using Clock = std::chrono::steady_clock;
  if (++turns_ > kMostTurns) {
    throw base::Error(
        base::ErrorKind::unavailable,
        fmt::format("other builds kept writing to {} at the same time",
                    describe()))
        .hint("give each of them a name of its own, and --cache-from of all");
  }
  keep(index, more);
  const std::string text = make_manifest(index, more);
  const auto start = Clock::now();
  const bool is_merged = look() == merged_.version;
  if (is_merged && text == merged_.text) return std::nullopt;
  if (!is_merged || !replace(text, merged_.version)) {
    // Who comes second lets the first one end.
    pause(with_jitter(least_pause_));
    return read_index();
  }
  const auto taken =
      std::chrono::duration_cast<milliseconds>(Clock::now() - start);
  pause(
      with_jitter(std::clamp(taken * kPatience, least_pause_, kLongestPause)));
  if (holds(text)) return std::nullopt;
  store::CacheIndex theirs = read_index();
  if (is_within(index, theirs)) return std::nullopt;
  return theirs;
}

}  // namespace builder

#include "builder/walk_crew.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

namespace builder {
namespace {

// More of them wait for the kernel's locks on directories, and for the disk.
constexpr unsigned kMostThreads = 4;

}  // namespace

WalkCrew::Results WalkCrew::run(Part part) {
  part.result = results_.emplace(results_.end());
  parts_.push_back(std::move(part));
  --idle_;
  work();
  helpers_.clear();
  if (failure_) std::rethrow_exception(failure_);
  return std::move(results_);
}

void WalkCrew::call_help() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(is_helped_, true)) return;
  const unsigned count =
      std::min(kMostThreads, std::thread::hardware_concurrency());
  try {
    for (unsigned i = 1; i < count; ++i) {
      helpers_.emplace_back([this] { work(); });
    }
  } catch (const std::system_error&) {
    // No more threads are allowed here: those there are do it.
  }
}

void WalkCrew::give(Part part, Results::iterator giver) {
  {
    const std::lock_guard lock(mutex_);
    part.result = results_.emplace(std::next(giver));
    parts_.push_back(std::move(part));
    --idle_;
  }
  has_changed_.notify_one();
}

// Until there is no part left, and nobody who could give one away.
void WalkCrew::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    has_changed_.wait(lock, [this] { return !parts_.empty() || busy_ == 0; });
    if (parts_.empty()) return;
    Part part = std::move(parts_.back());
    parts_.pop_back();
    ++busy_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      walk_(*this, std::move(part));
    } catch (...) {
      failure = std::current_exception();
      is_over_ = true;
    }
    lock.lock();
    if (failure && !failure_) failure_ = failure;
    if (--busy_ == 0) has_changed_.notify_all();
  }
}

}  // namespace builder

#include "store/hash_thread.h"

#include <algorithm>
#include <utility>

namespace store {
namespace {

constexpr std::size_t kChunkBytes = 256 << 10;
constexpr std::size_t kMostWaiting = 4;

}  // namespace

HashThread::~HashThread() { join(); }

void HashThread::update(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count =
        std::min(bytes.size(), kChunkBytes - chunk_.size());
    if (chunk_.capacity() < kChunkBytes && chunk_.size() + count > 4096) {
      chunk_.reserve(kChunkBytes);
    }
    chunk_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (chunk_.size() == kChunkBytes) hand_over();
  }
}

void HashThread::hand_over() {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  {
    auto queue = queue_.lock();
    changed_.wait(queue.mutex_lock(),
                  [&] { return queue->full.size() < kMostWaiting; });
    queue->full.push_back(std::move(chunk_));
    chunk_ = {};
    if (!queue->used.empty()) {
      chunk_ = std::move(queue->used.front());
      queue->used.pop_front();
      chunk_.clear();
    }
  }
  changed_.notify_all();
}

void HashThread::run() {
  std::string chunk;
  while (true) {
    {
      auto queue = queue_.lock();
      if (!chunk.empty()) queue->used.push_back(std::move(chunk));
      changed_.wait(queue.mutex_lock(),
                    [&] { return !queue->full.empty() || queue->is_over; });
      if (queue->full.empty()) return;
      chunk = std::move(queue->full.front());
      queue->full.pop_front();
    }
    changed_.notify_all();
    try {
      hasher_.update(chunk);
    } catch (...) {
      queue_.lock()->error = std::current_exception();
    }
  }
}

void HashThread::join() {
  if (!thread_.joinable()) return;
  queue_.lock()->is_over = true;
  changed_.notify_all();
  thread_.join();
}

base::Digest HashThread::finish() {
  join();
  if (const auto error = queue_.lock()->error) std::rethrow_exception(error);
  hasher_.update(chunk_);
  return hasher_.finish();
}

}  // namespace store

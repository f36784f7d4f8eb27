#include "store/read_ahead.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace store {
namespace {

constexpr std::size_t kChunkBytes = 256U << 10U;
constexpr std::size_t kMostWaiting = 6;

}  // namespace

ReadAhead::ReadAhead(ByteSource source) : source_(std::move(source)) {}

ReadAhead::~ReadAhead() {
  if (!thread_.joinable()) return;
  queue_.lock()->is_unwanted = true;
  changed_.notify_all();
  thread_.join();
}

// False when the source has ended. The chunk has what came before that, or
// before the source threw.
bool ReadAhead::fill(Chunk& chunk) const {
  chunk.resize(kChunkBytes);
  std::size_t size = 0;
  try {
    while (size < kChunkBytes) {
      const std::size_t count =
          source_(chunk.data() + size, kChunkBytes - size);
      if (count == 0) break;
      size += count;
    }
  } catch (...) {
    chunk.resize(size);
    throw;
  }
  chunk.resize(size);
  return size == kChunkBytes;
}

std::size_t ReadAhead::read(std::byte* buffer, std::size_t size) {
  if (taken_bytes_ == chunk_.size() && !next_chunk()) return 0;
  const std::size_t count = std::min(size, chunk_.size() - taken_bytes_);
  std::memcpy(buffer, chunk_.data() + taken_bytes_, count);
  taken_bytes_ += count;
  return count;
}

bool ReadAhead::next_chunk() {
  taken_bytes_ = 0;
  if (!std::exchange(is_started_, true)) {
    queue_.lock()->is_over = !fill(chunk_);
    return !chunk_.empty();
  }
  {
    auto queue = queue_.lock();
    if (!thread_.joinable() && !queue->is_over) {
      thread_ = std::thread([this] { run(); });
    }
    queue->used.push_back(std::exchange(chunk_, {}));
    changed_.wait(queue.mutex_lock(),
                  [&] { return !queue->full.empty() || queue->is_over; });
    if (queue->full.empty()) {
      if (queue->error) std::rethrow_exception(queue->error);
      return false;
    }
    chunk_ = std::move(queue->full.front());
    queue->full.pop_front();
  }
  changed_.notify_all();
  return !chunk_.empty();
}

void ReadAhead::run() {
  bool has_more = true;
  while (has_more) {
    Chunk chunk;
    {
      auto queue = queue_.lock();
      changed_.wait(queue.mutex_lock(), [&] {
        return queue->full.size() < kMostWaiting || queue->is_unwanted;
      });
      if (queue->is_unwanted) return;
      if (!queue->used.empty()) {
        chunk = std::move(queue->used.front());
        queue->used.pop_front();
      }
    }
    std::exception_ptr error;
    try {
      has_more = fill(chunk);
    } catch (...) {
      error = std::current_exception();
      has_more = false;
    }
    {
      auto queue = queue_.lock();
      if (!chunk.empty()) queue->full.push_back(std::move(chunk));
      queue->is_over = !has_more;
      queue->error = error;
    }
    changed_.notify_all();
  }
}

}  // namespace store

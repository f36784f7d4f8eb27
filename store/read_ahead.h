// A source of bytes read on its own thread, ahead of who takes them.
//
// While a layer comes out of a registry, receiving, storing and hashing its
// compressed bytes costs about as much as unpacking them: here the first goes
// on beside the second.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "store/byte_stream.h"

namespace store {

// For one calling thread.
class ReadAhead {
 public:
  // `source` is called by one thread at a time: first by read()'s, and when
  // there is more than one chunk by the own one.
  explicit ReadAhead(ByteSource source);
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  // Waits for the call of the source that is under way.
  ~ReadAhead();

  // As a ByteSource. What the source throws comes out in its turn, behind the
  // bytes before it, and is the end. After a 0 the source is not called again.
  std::size_t read(std::byte* buffer, std::size_t size);

 private:
  using Chunk = std::vector<std::byte>;
  struct Queue {
    std::deque<Chunk> full;
    std::deque<Chunk> used;  // to be filled again
    bool is_over = false;    // nothing follows what is full
    bool is_unwanted = false;
    std::exception_ptr error;
  };
  bool fill(Chunk& chunk) const;
  bool next_chunk();
  void run();

  ByteSource source_;
  Chunk chunk_;
  std::size_t taken_bytes_ = 0;  // of chunk_
  bool is_started_ = false;
  base::Guarded<Queue> queue_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace store

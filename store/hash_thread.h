// A hasher on its own thread, for a stream that is hashed beside other work.
//
// SHA-256 is the dearest part of sealing a layer, and needed twice over the
// same bytes: for each file's content and for the whole tar. Here the second
// runs beside the first. Bytes are copied into chunks of 256 KiB: copying costs
// a few per cent of hashing, and small files then cost no hand-over each.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <string>
#include <string_view>
#include <thread>

#include "base/digest.h"
#include "base/guarded.h"

namespace store {

// For one calling thread.
class HashThread {
 public:
  HashThread() = default;
  HashThread(const HashThread&) = delete;
  HashThread& operator=(const HashThread&) = delete;
  ~HashThread();

  // Waits while too much is under way: at most 1.5 MiB are held.
  void update(std::string_view bytes);
  // The digest of all bytes. The last call.
  base::Digest finish();

 private:
  struct Queue {
    std::deque<std::string> full;
    std::deque<std::string> used;  // to be filled again
    bool is_over = false;
    std::exception_ptr error;
  };
  void hand_over();
  void run();
  void join();

  base::Hasher hasher_;  // the thread's, while there is one
  std::string chunk_;
  base::Guarded<Queue> queue_;
  std::condition_variable changed_;
  std::thread thread_;  // started with the first full chunk
};

}  // namespace store

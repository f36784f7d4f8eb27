#include "builder/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "base/guarded.h"

namespace builder {

void run_parallel(std::size_t count, std::size_t most,
                  const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  base::Guarded<std::exception_ptr> failure;
  const auto take = [&] {
    while (!*failure.lock()) {
      const std::size_t number = next++;
      if (number >= count) return;
      try {
        work(number);
      } catch (...) {
        const auto first = failure.lock();
        if (!*first) *first = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    try {
      for (std::size_t i = 1; i < std::min(count, most); ++i) {
        threads.emplace_back(take);
      }
    } catch (const std::system_error&) {
      // No more threads are allowed here: those there are do it.
    }
    take();
  }
  if (const auto first = failure.lock(); *first) std::rethrow_exception(*first);
}

}  // namespace builder

// A few independent pieces of work at once: blobs on their way, mostly.
#pragma once

#include <cstddef>
#include <functional>

namespace builder {

// Calls `work` for 0 to `count`, at most `most` at a time, on this thread and
// others of its own. After a failure no more are begun; the first is thrown
// when those under way have ended.
void run_parallel(std::size_t count, std::size_t most,
                  const std::function<void(std::size_t)>& work);

}  // namespace builder

// The chain of dependent work that took longest: a build with endless
// processors would still take that long, and only what is in it makes the whole
// faster by getting faster.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace cli {

struct DependentWork {
  std::chrono::nanoseconds elapsed{};
  std::vector<std::size_t> needs;  // numbers below its own
};

// The numbers of the chain's works, the first to run first; the shortest chain
// of those that take equally long. Empty when nothing took any time.
std::vector<std::size_t> find_critical_path(
    std::span<const DependentWork> works);

}  // namespace cli

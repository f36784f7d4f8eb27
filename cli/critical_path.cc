#include "cli/critical_path.h"

#include <algorithm>
#include <limits>

namespace cli {

std::vector<std::size_t> find_critical_path(
    std::span<const DependentWork> works) {
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  struct Chain {
    std::chrono::nanoseconds elapsed{};
    std::size_t before = kNone;
  };
  std::vector<Chain> chains(works.size());  // the longest that ends with each
  std::chrono::nanoseconds longest{};
  std::size_t last = kNone;
  for (std::size_t i = 0; i < works.size(); ++i) {
    for (const std::size_t need : works[i].needs) {
      if (chains[need].elapsed > chains[i].elapsed) {
        chains[i] = {chains[need].elapsed, need};
      }
    }
    chains[i].elapsed += works[i].elapsed;
    if (chains[i].elapsed > longest) {
      longest = chains[i].elapsed;
      last = i;
    }
  }
  std::vector<std::size_t> path;
  for (std::size_t i = last; i != kNone; i = chains[i].before) {
    path.push_back(i);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace cli

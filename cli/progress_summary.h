// The two lines at the end of a build on a terminal: what was made, and where
// the time went.
//
//   built hello  sha256:8ba8c1f2a3b4  3 of 14 steps run, 11 cached
//   in 1.3s: 0.9s RUN make, 0.2s COPY . ., 0.1s looking
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "cli/build_progress.h"
#include "cli/terminal.h"

namespace cli {

struct TimedWork {
  std::string title;
  std::chrono::nanoseconds elapsed;
};

struct BuildSummary {
  BuildEnd end;
  std::size_t steps = 0;
  std::size_t cached = 0;
  std::chrono::nanoseconds total{};
  // The part of it in which any work ran. Works may overlap, so it is no sum.
  std::chrono::nanoseconds busy{};
  std::vector<TimedWork> works;  // steps that ran, and outputs
  // When the oldest of what is cached was made; the epoch for none.
  std::chrono::sys_seconds oldest{};
};

// The first line is whole. The second names what took longest, as far as it
// matters and fits the screen; "looking" is what was spent on all else: reading
// and looking up.
std::vector<std::string> render_summary(const BuildSummary& summary,
                                        const Screen& screen);

}  // namespace cli

// What a running build looks like on a terminal, as a function of what goes on,
// the screen and the time:
//
//   + 4.1s   [build 2/5] RUN make  main.c changed (content)
//     2 steps cached
//   > 12s    [build 5/5] RUN make
//            cc -c lexer.c
//            cc -c parser.c
//
// The first line is over and stays; the others are the frame, which is drawn
// again as it changes. No line is as wide as the screen, and a frame has fewer
// lines than the screen has rows: what does not fit is said as a number.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace cli {

using Clock = std::chrono::steady_clock;

struct RunningWork {
  std::string title;  // "[build 2/5] RUN make", clean
  Clock::time_point start;
  std::vector<std::string> tail;  // its last lines, clean, oldest first
  std::string because = {};       // clean; empty when nothing is to be said
};

struct FrameState {
  std::size_t cached = 0;            // steps nothing was said of yet
  std::vector<RunningWork> running;  // in any order
};

// How many lines of a step's output a frame can have at most.
inline constexpr std::size_t kMaxTailLines = 6;

std::vector<std::string> render_frame(const FrameState& state,
                                      const Screen& screen,
                                      Clock::time_point now);

enum class WorkEnd { done, failed };

// The line that stays when a step is over, with as many of the notes at its end
// as fit.
std::string render_over(WorkEnd end, std::chrono::nanoseconds elapsed,
                        const std::string& title,
                        const std::vector<std::string>& notes,
                        const Screen& screen);

// Whether the note has room behind the title.
bool fits_behind(const std::string& title, const std::string& note,
                 const Screen& screen);

// Below such a line: what there is no room for in it.
std::string render_below(const std::string& text, const Screen& screen);

// "4 steps cached".
std::string render_cached(std::size_t count, const Screen& screen);

// A warning, as long as it is.
std::string render_warning(const std::string& text, const Screen& screen);

}  // namespace cli

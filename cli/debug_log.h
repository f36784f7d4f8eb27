// --debug: events as lines on stderr, a span when it ends.
//
//   debug 12.345ms step: find key=sha256:… outcome=hit took=0.041ms
//
// The first number is when the line was written, since the command started.
// Values with blanks are in quotes. spdlog would do the same for 2 ms of every
// start-up; this is one function over fmt.
#pragma once

#include <chrono>
#include <string>

#include "base/trace.h"

namespace cli {

// The line of one event, with its end.
std::string render_debug_line(const base::TraceEvent& event,
                              std::chrono::steady_clock::time_point start);

class DebugLog : public base::TraceSink {
 public:
  explicit DebugLog(std::chrono::steady_clock::time_point start)
      : start_(start) {}
  void add(const base::TraceEvent& event) override;
  void finish() override {}

 private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace cli

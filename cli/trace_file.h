// --trace FILE: events as the Chrome trace event format, JSON object form,
// which Perfetto and Chrome's DevTools read. Spans are complete events ("X"),
// notes instant ones ("i"); times are microseconds since the command started.
// A thread is named for its outermost span, which ends last ("M" thread_name).
//
// Where a span is work that needed other work to be over, a pair of flow events
// leads from one to the other: "s" at the start of the span that was needed,
// "f" with "bp": "e" at the start of the one that needed it. Perfetto binds a
// flow event to the slice around its time, DevTools to the one of its category
// that starts then; both find the span. Work that is looked up on one thread
// and done on another is two spans, with a flow between them.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include "base/trace.h"

namespace cli {

class TraceFile : public base::TraceSink {
 public:
  // Writes a trace without events at once: a file that cannot be written is
  // told before anything runs, and whatever kills us, the file is JSON.
  // Throws: system, denied.
  TraceFile(const std::filesystem::path& path,
            std::chrono::steady_clock::time_point start);
  void add(const base::TraceEvent& event) override;
  // Replaces the file by the whole trace. Throws: system, denied.
  void finish() override;

 private:
  struct Slice {
    double start;
    int thread;
    std::string category;
  };
  void add_flow(const Slice& from, const Slice& to);
  void name_threads();
  void write() const;

  std::filesystem::path path_;
  std::chrono::steady_clock::time_point start_;
  std::string events_;                   // joined by commas
  std::map<std::size_t, Slice> latest_;  // of each work
  std::map<int, std::string> threads_;   // by their latest span
  std::size_t flows_ = 0;
};

}  // namespace cli

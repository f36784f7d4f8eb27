// --trace FILE: events as the Chrome trace event format, JSON object form,
// which Perfetto and chrome://tracing read. Spans are complete events ("X"),
// notes instant ones ("i"); times are microseconds since the command started.
#pragma once

#include <chrono>
#include <filesystem>
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
  void write() const;

  std::filesystem::path path_;
  std::chrono::steady_clock::time_point start_;
  std::string events_;  // joined by commas
};

}  // namespace cli

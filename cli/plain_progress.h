// Progress as lines, one per event, in docker's shape:
//
//   #4 [build 2/5] RUN make
//   #4 because main.c changed (content)
//   #4 0.31 cc -o hello hello.c
//   #4 DONE 1.2s
//
// behind which a RUN has what it used: "(cpu 2.1s, memory 180 MiB)"; what is
// cached has the age of its record: "#4 CACHED (3 days ago)". With --explain
// all that is not as it was follows, and what is cached says what it stands on.
//
// and, for --progress quiet, nothing but warnings.
#pragma once

#include <chrono>
#include <map>

#include "base/guarded.h"
#include "cli/build_progress.h"
#include "cli/line_buffer.h"

namespace cli {

class PlainProgress : public BuildProgress {
 public:
  explicit PlainProgress(bool explains = false) : explains_(explains) {}
  void found(const builder::LintReport& report) override;
  void planned(const builder::Plan& plan) override;
  void reading(std::size_t, std::uint64_t) override {}
  void fetching(std::size_t layers, std::uint64_t bytes,
                std::string_view origin) override;
  void started(std::size_t number, const builder::Vertex& vertex) override;
  void running(std::size_t number, const builder::CacheMiss& miss) override;
  void output(std::size_t number, runtime::Stream stream,
              std::string_view bytes) override;
  void cached(std::size_t number, const builder::CacheHit& hit) override;
  void done(std::size_t number, const builder::StepCost& cost) override;
  void failed(std::size_t number, const base::Error& error) override;
  void warning(std::string_view text) override;
  void note(std::string_view text) override;
  void exporting(std::string_view) override {}
  void finished(const BuildEnd&) override {}

 private:
  struct Step {
    std::chrono::steady_clock::time_point start;
    LineBuffer lines[2];  // by stream
  };
  static void flush_lines(std::size_t number, Step& step);
  const bool explains_;
  base::Guarded<std::map<std::size_t, Step>> steps_;
};

class QuietProgress : public BuildProgress {
 public:
  void found(const builder::LintReport&) override {}
  void planned(const builder::Plan& plan) override;
  void reading(std::size_t, std::uint64_t) override {}
  void started(std::size_t, const builder::Vertex&) override {}
  void running(std::size_t, const builder::CacheMiss&) override {}
  void output(std::size_t, runtime::Stream, std::string_view) override {}
  void cached(std::size_t, const builder::CacheHit&) override {}
  void done(std::size_t, const builder::StepCost&) override {}
  void failed(std::size_t, const base::Error&) override {}
  void warning(std::string_view text) override;
  void note(std::string_view) override {}
  void exporting(std::string_view) override {}
  void finished(const BuildEnd&) override {}
};

}  // namespace cli

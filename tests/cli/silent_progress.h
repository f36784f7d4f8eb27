// The end of a chain of progresses under test.
#pragma once

#include "cli/build_progress.h"

namespace tests {

// Shows nothing, and counts what it is told.
class SilentProgress : public cli::BuildProgress {
 public:
  std::size_t told = 0;

  void found(const builder::LintReport&) override { ++told; }
  void planned(const builder::Plan&) override { ++told; }
  void reading(std::size_t, std::uint64_t) override { ++told; }
  void fetching(std::size_t, std::uint64_t, std::string_view) override {
    ++told;
  }
  void started(std::size_t, const builder::Vertex&) override { ++told; }
  void running(std::size_t, const builder::CacheMiss&) override { ++told; }
  void output(std::size_t, runtime::Stream, std::string_view) override {
    ++told;
  }
  void cached(std::size_t, const builder::CacheHit&) override { ++told; }
  void done(std::size_t, const builder::StepCost&) override { ++told; }
  void failed(std::size_t, const base::Error&) override { ++told; }
  void warning(std::string_view) override { ++told; }
  void note(std::string_view) override { ++told; }
  void exporting(std::string_view) override { ++told; }
  void finished(const cli::BuildEnd&) override { ++told; }
};

}  // namespace tests

// Notes what a build tells, and hands it on to the progress that is shown. The
// notes are there whether the build succeeds, fails or is stopped.
#pragma once

#include <chrono>

#include "base/guarded.h"
#include "cli/build_facts.h"
#include "cli/forwarding_progress.h"

namespace cli {

class BuildRecorder : public ForwardingProgress {
 public:
  using Clock = std::chrono::steady_clock;

  // `next` must outlive it. `start` is when the command started.
  BuildRecorder(BuildProgress& next, Clock::time_point start);

  void found(const builder::LintReport& report) override;
  void planned(const builder::Plan& plan) override;
  void started(std::size_t number, const builder::Vertex& vertex) override;
  void running(std::size_t number, const builder::CacheMiss& miss) override;
  void output(std::size_t number, runtime::Stream stream,
              std::string_view bytes) override;
  void cached(std::size_t number, const builder::CacheHit& hit) override;
  void done(std::size_t number, const builder::StepCost& cost) override;
  void failed(std::size_t number, const base::Error& error) override;
  void warning(std::string_view text) override;
  void note(std::string_view text) override;
  void exporting(std::string_view output) override;
  void finished(const BuildEnd& end) override;

  // All so far. To be called when the build is over.
  BuildFacts take();

 private:
  std::chrono::nanoseconds now() const { return Clock::now() - start_; }
  void end_output(BuildFacts& facts) const;

  Clock::time_point start_;
  base::Guarded<BuildFacts> facts_;
};

}  // namespace cli

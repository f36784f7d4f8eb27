// A progress that hands on all that it is told: what others start from that
// listen to a build beside the progress that is shown.
#pragma once

#include "cli/build_progress.h"

namespace cli {

class ForwardingProgress : public BuildProgress {
 public:
  // `next` must outlive it.
  explicit ForwardingProgress(BuildProgress& next) : next_(next) {}

  void found(const builder::LintReport& report) override {
    next_.found(report);
  }
  void planned(const builder::Plan& plan) override { next_.planned(plan); }
  void reading(std::size_t files, std::uint64_t bytes) override {
    next_.reading(files, bytes);
  }
  void fetching(std::size_t layers, std::uint64_t bytes,
                std::string_view origin) override {
    next_.fetching(layers, bytes, origin);
  }
  void started(std::size_t number, const builder::Vertex& vertex) override {
    next_.started(number, vertex);
  }
  void running(std::size_t number, const builder::CacheMiss& miss) override {
    next_.running(number, miss);
  }
  void output(std::size_t number, runtime::Stream stream,
              std::string_view bytes) override {
    next_.output(number, stream, bytes);
  }
  void cached(std::size_t number, const builder::CacheHit& hit) override {
    next_.cached(number, hit);
  }
  void done(std::size_t number, const builder::StepCost& cost) override {
    next_.done(number, cost);
  }
  void failed(std::size_t number, const base::Error& error) override {
    next_.failed(number, error);
  }
  void warning(std::string_view text) override { next_.warning(text); }
  void note(std::string_view text) override { next_.note(text); }
  void exporting(std::string_view output) override { next_.exporting(output); }
  void finished(const BuildEnd& end) override { next_.finished(end); }

 private:
  BuildProgress& next_;
};

}  // namespace cli

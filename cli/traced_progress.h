// What a build tells, as notes of a trace: what the cache had or why it had
// nothing, a long read of the build context, warnings. Spans, which say how
// long things took, are made where the work is.
#pragma once

#include <string>
#include <vector>

#include "base/trace.h"
#include "cli/forwarding_progress.h"

namespace cli {

class TracedProgress : public ForwardingProgress {
 public:
  // Both must outlive it.
  TracedProgress(BuildProgress& next, base::Trace& trace);

  void planned(const builder::Plan& plan) override;
  void reading(std::size_t files, std::uint64_t bytes) override;
  void running(std::size_t number, const builder::CacheMiss& miss) override;
  void cached(std::size_t number, const builder::CacheHit& hit) override;
  void warning(std::string_view text) override;

 private:
  base::Trace& trace_;
  std::vector<std::string> steps_;  // "#4 [build 2/5] RUN make"; by vertex
};

}  // namespace cli

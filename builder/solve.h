// Runs a plan: every vertex as soon as what it needs is there, independent ones
// at the same time, each on a thread of its own (a RUN blocks for minutes, so
// a pool would only idle). What the cache has is found on the caller's thread:
// a build that only hits starts no thread.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "builder/plan.h"
#include "builder/progress.h"
#include "builder/snapshot.h"

namespace builder {

// What a vertex made.
struct StepResult {
  Snapshot snapshot;
  std::optional<CacheHit> hit = {};    // none: it was made
  std::chrono::sys_seconds created{};  // of its layer, when it made one
  StepCost cost = {};                  // of what was made
  std::string because = {};            // it had to be made

  bool is_cached() const { return hit.has_value(); }
};

// The result of an earlier build, or why there is none.
using Lookup = std::variant<StepResult, CacheMiss>;

// What a vertex stands on and reads.
struct StepInputs {
  Snapshot parent;                     // empty for none
  std::vector<const Snapshot*> trees;  // in the order of Vertex::inputs
};

// Makes the file system of one vertex. A seam: the scheduler runs in tests with
// steps that only remember that they ran.
class StepRunner {
 public:
  virtual ~StepRunner() = default;
  // What can be told here and now. One call at a time.
  virtual Lookup find(std::size_t number, const Vertex& vertex,
                      const StepInputs& inputs) = 0;

  // Makes it, or finds out by asking elsewhere that nothing has changed
  // (a hit). Called after find() found nothing, at once for independent
  // vertices. Throws: cancelled soon after a request to stop; whatever the
  // step throws.
  virtual StepResult run(std::size_t number, const Vertex& vertex,
                         const StepInputs& inputs, std::stop_token stop) = 0;
};

// The results by vertex. The first failure stops the others, and is thrown when
// all threads have ended.
std::vector<StepResult> solve(const Plan& plan, StepRunner& runner,
                              Progress& progress, std::stop_token stop);

}  // namespace builder

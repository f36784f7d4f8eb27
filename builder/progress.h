// What a build tells the person who waits for it. The one way out of builder/:
// nothing here prints.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "builder/cache_outcome.h"
#include "builder/lint.h"
#include "builder/plan.h"
#include "runtime/executor.h"

namespace builder {

// What a step cost that was made.
struct StepCost {
  std::chrono::milliseconds elapsed{};
  std::optional<runtime::Usage> usage = {};  // of a RUN's processes
  base::Digest layer = {};                   // that it put on top
};

// Calls come from several threads at once; `number` is the vertex's index.
class Progress {
 public:
  virtual ~Progress() = default;

  // What lint has found, when it has; before planned(), and instead of it when
  // the file is wrong.
  virtual void found(const LintReport& report) = 0;
  virtual void planned(const Plan& plan) = 0;
  // So much of the build context has to be read, before a step can be looked
  // up, that it takes a while: until the next call about a step.
  virtual void reading(std::size_t files, std::uint64_t bytes) = 0;
  // So many layers are on their way from a cache elsewhere: until the next call
  // about a step.
  virtual void fetching(std::size_t /*layers*/, std::uint64_t /*bytes*/,
                        std::string_view /*origin*/) {}
  // Its turn has come: it is looked up in the cache, and is next told to be
  // cached, running or failed.
  virtual void started(std::size_t number, const Vertex& vertex) = 0;
  // The cache does not have it. Called by the thread that called started(),
  // before the step has one of its own.
  virtual void running(std::size_t number, const CacheMiss& miss) = 0;
  virtual void output(std::size_t number, runtime::Stream stream,
                      std::string_view bytes) = 0;
  // Also after running(), when asking a server has shown that nothing changed.
  virtual void cached(std::size_t number, const CacheHit& hit) = 0;
  virtual void done(std::size_t number, const StepCost& cost) = 0;
  virtual void failed(std::size_t number, const base::Error& error) = 0;
  virtual void warning(std::string_view text) = 0;
  // What is neither a step's nor a reason to worry.
  virtual void note(std::string_view text) = 0;
};

}  // namespace builder

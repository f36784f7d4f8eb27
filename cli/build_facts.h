// What happened in a build, for who tells of it when it is over. Times are
// counted from the start of the command.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "builder/cache_outcome.h"
#include "builder/progress.h"
#include "cli/bounded_text.h"

namespace cli {

struct StepFacts {
  enum class State {
    waiting,  // its turn did not come
    looking,  // in the cache; also of one that was stopped there
    running,  // and stopped, unless the build goes on
    cached,
    done,
    failed,
  };

  // Of the plan.
  std::string stage;
  std::string title;     // "RUN make"
  std::size_t step = 0;  // "2/5" of its stage; 0: fetched for one
  std::size_t steps_of_stage = 0;
  std::uint32_t line = 0;  // of the Dockerfile, from 1
  std::optional<std::size_t> parent;
  std::vector<std::size_t> needs;         // with the parent, each once
  std::vector<base::Digest> base_layers;  // of a FROM, bottom first

  // Of the build.
  State state = State::waiting;
  std::optional<std::chrono::nanoseconds> looked_up;  // when its turn came
  std::optional<std::chrono::nanoseconds> started;    // when it had to run
  std::optional<std::chrono::nanoseconds> ended;
  builder::CacheMiss miss;                // of one that had to run
  std::optional<builder::CacheHit> hit;   // State::cached
  std::optional<builder::StepCost> cost;  // State::done
  std::string error;                      // State::failed
  BoundedText log{8U << 10U, 24U << 10U};

  // The layer on top, where it came so far; unset for a base.
  base::Digest layer() const;
};

struct OutputFacts {
  std::string title;  // "oci to hello.tar"
  std::chrono::nanoseconds started{};
  std::optional<std::chrono::nanoseconds> ended;
};

struct BuildFacts {
  std::optional<std::chrono::nanoseconds> planned;  // when the plan was there
  std::vector<StepFacts> steps;                     // by vertex
  std::optional<std::size_t> target;  // whose files are the image's
  std::vector<OutputFacts> outputs;
  std::vector<std::string> findings;  // of lint, as warnings are shown
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
};

}  // namespace cli

// What a build would do, found out without doing it: every step is looked up as
// build() would, and nothing is run, asked of a server or written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "builder/build.h"

namespace builder {

struct ExplainedStep {
  enum class State {
    base,         // an image of the store
    cached,       // would be taken from the cache
    runs,         // would run
    depends,      // would run, unless another gives what it gave before
    asks_server,  // would be fetched, unless its server says it is unchanged
  };
  State state = State::runs;
  std::size_t number = 0;  // from 1, as progress shows it
  std::string place;       // "[build 2/5]"
  std::string title;       // "RUN make"
  std::string stage;
  std::size_t step = 0;  // its number in the stage; 0: none
  std::size_t steps_of_stage = 0;
  std::uint32_t first_line = 0;  // of its instruction
  std::uint32_t last_line = 0;

  CacheHit hit = {};                      // cached
  std::uint64_t size_bytes = 0;           // cached: of its layer's files
  std::vector<std::string> reasons = {};  // runs: all of them
  std::string below = {};                 // depends: the place of the other
  // All parts of its key (key_text.h), where that is known.
  std::vector<std::string> key = {};
};

// Tells `progress` the plan's warnings. Throws: what keeps the build from being
// planned; unsupported for a build context that would have to be fetched first,
// and for caches elsewhere, which could be asked only by writing what they
// answer into the store.
std::vector<ExplainedStep> explain(const BuildOptions& options,
                                   store::Store& store,
                                   runtime::Executor& executor,
                                   Progress& progress, std::stop_token stop);

}  // namespace builder

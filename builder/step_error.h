// Errors of steps: where they stand in the file, and whose they are.
#pragma once

#include <cstddef>
#include <utility>

#include "base/error.h"
#include "builder/diagnostic.h"
#include "builder/plan.h"

namespace builder {

// Gives an error that came out of a step the place of its instruction, or of a
// part of it. A trigger's text is in no file, so the message shows it.
base::Error locate_error(const SourceFile& file, const Vertex& vertex,
                         const parser::Range& range, const base::Error& error);

// The failure of a step other than the one that was looked for: a look-up that
// misses knows which steps will have to run for it, and that one of them
// cannot. StepRunner::find() throws it; solve() reports it as that step's.
class StepError : public base::Error {
 public:
  // `number` is that of a vertex that stands on the one looked for, so that it
  // has not started.
  StepError(std::size_t number, base::Error error)
      : base::Error(std::move(error)), number_(number) {}

  std::size_t number() const noexcept { return number_; }

 private:
  std::size_t number_;
};

}  // namespace builder

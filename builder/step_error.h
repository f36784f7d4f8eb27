// The failure of a step other than the one that was looked for: a look-up that
// misses knows which steps will have to run for it, and that one of them
// cannot. StepRunner::find() throws it; solve() reports it as that step's.
#pragma once

#include <cstddef>
#include <utility>

#include "base/error.h"

namespace builder {

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

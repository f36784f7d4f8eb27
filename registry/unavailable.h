// An error that another try may mend, with what is known about when.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"

namespace registry {

struct Unavailable : base::Error {
  explicit Unavailable(std::string message)
      : base::Error(base::ErrorKind::unavailable, std::move(message)) {}

  // What the server asks for before the next try.
  std::optional<std::chrono::seconds> asked_pause;
  // There was no server to talk to, or it said nothing for as long as one may:
  // more tries help less.
  bool is_unreached = false;
};

}  // namespace registry

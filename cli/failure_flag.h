// The value of --on-failure: what becomes of a RUN that failed the build.
#pragma once

#include <optional>
#include <string>

namespace cli {

enum class OnFailure {
  remove,  // what it left goes
  shell,   // a shell there, at our terminal, before it goes
  keep,    // it stays in the store, for strake debug
};

// Throws: usage; so does "shell" where there is no terminal to have one at.
OnFailure read_on_failure(const std::optional<std::string>& word);

}  // namespace cli

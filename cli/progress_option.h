// build --progress: which of the ways to show a build is meant.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "cli/build_progress.h"

namespace cli {

// `kind` is what --progress was given; "auto" draws on a terminal and prints
// lines elsewhere. `start` is when the command started.
// Throws: usage, unsupported.
std::unique_ptr<BuildProgress> make_progress(
    const std::string& kind, std::chrono::steady_clock::time_point start);

}  // namespace cli

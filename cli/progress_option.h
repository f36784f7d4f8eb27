// build --progress: which of the ways to show a build is meant.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "cli/build_progress.h"

namespace cli {

struct ProgressOptions {
  // What --progress was given; "auto" draws on a terminal and prints lines
  // elsewhere.
  std::string kind;
  std::chrono::steady_clock::time_point start;  // of the command
  bool explains = false;                        // --explain
};

// Throws: usage, unsupported.
std::unique_ptr<BuildProgress> make_progress(const ProgressOptions& options);

}  // namespace cli

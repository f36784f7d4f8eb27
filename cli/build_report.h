// build --report FILE: what happened in a build, and why, as a page for a
// browser. It is written when the build is over, however it ended.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/digest.h"
#include "base/error.h"
#include "base/trace.h"
#include "cli/build_recorder.h"
#include "cli/report_data.h"
#include "store/store.h"

namespace cli {

class BuildReport {
 public:
  struct Subject {
    std::vector<std::string> command;  // words, "strake" the first
    std::vector<std::string> names;
    std::string context;
    std::chrono::steady_clock::time_point start;  // of the command
    std::string mode;                             // with whose rights
    std::filesystem::path logs;                   // BuildOptions::logs
    base::Trace* trace = nullptr;
  };

  BuildReport(std::filesystem::path file, Subject subject);

  // What has to be told in place of `next`, which it tells in turn. Both must
  // live until the build is over.
  BuildProgress& watch(BuildProgress& next);

  // The first of these calls counts: what fails a build may be its report.
  // Throws: system, denied, not_found for the file.
  void write_built(store::Store& store, const base::Digest& image_id);
  void write_failed(store::Store& store, const base::Error& error);

 private:
  void write(store::Store& store, Report report);

  std::filesystem::path file_;
  Subject subject_;
  std::chrono::system_clock::time_point started_;
  std::unique_ptr<BuildRecorder> recorder_;
  bool is_over_ = false;
};

}  // namespace cli

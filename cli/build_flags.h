// The flags of strake build: what they are called, and the build that they ask
// for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "builder/build.h"
#include "cli/options.h"
#include "cli/step_flags.h"
#include "cli/tls_flag.h"

namespace cli {

// The flags as written.
struct BuildFlags {
  std::string context;
  std::vector<std::string> tags, build_args, contexts, labels, outputs;
  std::vector<std::string> platforms, uncached_stages;
  std::vector<std::string> cache_from, cache_to;
  std::vector<std::string> pull;  // --pull's values
  std::optional<std::string> file, ignore_file, target, progress, iidfile, call,
      metadata_file, report;
  std::optional<std::string> on_failure;
  StepFlags steps;
  TlsFlag tls;
  bool push = false;
  bool no_cache = false;
  bool offline = false;
  bool quiet = false;
  bool check = false;
  bool explain = false;
  std::vector<std::string> fail_on_miss;
};

// Declares them, in the order that --help lists them; parsing fills `flags`.
// The operand, the build context, is declared for itself, since it may be left
// out elsewhere.
void add_build_flags(Options& options, BuildFlags& flags);
void add_context_operand(Options& options, BuildFlags& flags);

// The build that they mean, except for outputs and progress. Reads the files
// and variables that secrets are taken from. Throws: a usage error, not_found,
// unsupported.
builder::BuildOptions read_build_options(const BuildFlags& flags);

}  // namespace cli

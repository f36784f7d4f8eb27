// From a syntax tree to the instruction DAG.
//
// One vertex per file-system operation, in an order in which each stands after
// all it needs. Instructions that touch only the configuration make no vertex:
// they fold into the image configuration and its history, which are therefore
// whole before anything runs. Stages the target does not reach are not planned,
// their images not looked up. Equal vertices (same operation, same inputs) are
// one, also across stages.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "builder/context_form.h"
#include "builder/diagnostic.h"
#include "builder/image_source.h"
#include "builder/operation.h"
#include "builder/platform.h"
#include "builder/scope.h"
#include "parser/step_options.h"
#include "store/image_config.h"

namespace builder {

class Lint;  // builder/lint.h

// A variable that a step was given: a RUN all of its environment, the others
// those that its words use.
struct StepVariable {
  enum class Kind { arg, env };
  Kind kind = Kind::env;
  std::string name;
  std::string value;
  bool operator==(const StepVariable&) const = default;
};

struct Vertex {
  Operation operation;
  std::optional<std::size_t> parent;  // none: on an empty file system
  std::vector<std::size_t> inputs;    // vertices whose trees it reads
  parser::Range range;                // of its instruction
  std::string stage;                  // "build", "stage-1"
  std::string title;                  // "RUN make", for progress
  std::size_t step = 0;               // "2/5": its number in its stage
  std::size_t steps_of_stage = 0;
  bool is_uncached = false;  // made anew whatever is recorded
  // The whole instruction as written, without credentials of addresses, and the
  // variables that it sees: for telling what has changed, in no key.
  std::string text = {};
  std::vector<StepVariable> variables = {};
  // "# strake: ttl=24h": how old a record of it may be; in no key.
  std::optional<parser::StepOptions::Ttl> ttl = {};
};

// What a stage is called: its name, else "stage-1".
std::string stage_name_of(const parser::Stage& stage);

// Where it stands, for progress: "[build 2/5]"; "[build]" for what is no step
// of a stage's own but fetched for one.
std::string render_place(const Vertex& vertex);

// An entry of the new image's history. `created` is filled when its vertex, or
// the one before it, is known.
struct PlannedHistory {
  store::HistoryEntry entry;
  std::optional<std::size_t> vertex;  // the layer it describes
};

// A base whose only image is for another machine than the stage asked for.
struct PlatformMismatch {
  parser::Range range;  // of the FROM
  std::string name;     // as FROM has it, expanded
  Platform asked;
  Platform found;
};

// An ARG of a planned stage, with the value it got; for the outline.
struct PlannedArgument {
  std::string name;
  std::string value;  // empty also when it has none
  parser::Range range;
  std::string description;
  bool is_global = false;  // takes the value of the ARG above the first FROM
};

struct Plan {
  std::vector<Vertex> vertices;
  std::optional<std::size_t> result;  // the target's file system; none: empty
  // The target's configuration: `history` holds the base's entries only,
  // `diff_ids` is empty.
  store::ImageConfig config;
  std::vector<PlannedHistory> history;
  // SOURCE_DATE_EPOCH: the time of all that this build describes.
  std::optional<std::chrono::sys_seconds> epoch;
  std::vector<PlatformMismatch> mismatches;
  std::vector<std::string> warnings;
  bool uses_cache = true;        // PlanOptions::use_cache
  std::set<std::size_t> stages;  // which of the file's are planned
  BuildArgs globals;             // what FROM sees
  std::vector<PlannedArgument> arguments;
};

struct PlanOptions {
  std::string target;       // stage name; empty: the last
  bool all_stages = false;  // also those that the target does not reach
  BuildArgs build_args;     // as given on the command line
  std::vector<std::pair<std::string, std::string>> labels;  // --label
  NetworkMode network = NetworkMode::standard;
  Platform build_platform = host_platform();  // the machine that builds
  // --platform; none: as build_platform.
  std::optional<Platform> platform = std::nullopt;
  bool use_cache = true;  // --no-cache: false; results are recorded anyway
  // --no-cache-filter: stages that are made anew, by name in any case.
  std::vector<std::string> uncached_stages = {};
  RunSettings run = {};
  Entitlements allowed = {};
  std::vector<std::filesystem::path> cdi_directories =
      standard_cdi_directories();
};

// Names of `contexts` mean what --build-context gave, not stages or images.
// Throws: invalid_dockerfile, not_found (a base), unsupported; each with the
// place in the file. `lint` gets the findings, also of a plan that fails; the
// second form is for those whom findings do not concern.
Plan make_plan(const SourceFile& file, const PlanOptions& options,
               ImageSource& images, Lint& lint,
               const NamedContexts& contexts = {});
Plan make_plan(const SourceFile& file, const PlanOptions& options,
               ImageSource& images, const NamedContexts& contexts = {});

}  // namespace builder

// strake explain: which steps a build would take from the cache, which would
// run, and why; nothing is done.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "base/temp_dir.h"
#include "builder/duration_text.h"
#include "builder/explain.h"
#include "cli/build_flags.h"
#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress_option.h"
#include "cli/report.h"
#include "cli/runtime_flag.h"
#include "cli/step_choice.h"
#include "cli/table.h"

namespace cli {
namespace {

using builder::ExplainedStep;
using State = ExplainedStep::State;

void add_line(std::string& out, std::string_view text) {
  out += fmt::format("   {}\n", clean_line(text));
}

std::string describe(const ExplainedStep& step) {
  switch (step.state) {
    case State::base:
      return "in the store";
    case State::cached:
      return fmt::format("cached: made {} in {}, {}",
                         render_age(step.hit.recorded),
                         builder::render_duration(step.hit.elapsed),
                         render_size(step.size_bytes));
    case State::runs:
      return fmt::format("would run: {}", step.reasons.empty()
                                              ? "it is not cached"
                                              : step.reasons.front());
    case State::depends:
      return fmt::format("would run, unless {} gives the same files again",
                         step.below);
    case State::asks_server:
      return "would ask the server whether there is something new";
  }
  return {};
}

void render_step(std::string& out, const ExplainedStep& step,
                 const std::filesystem::path& logs) {
  out += fmt::format("#{} {} {}\n", step.number, step.place,
                     clean_line(step.title));
  add_line(out, describe(step));
  for (std::size_t i = 1; i < step.reasons.size(); ++i) {
    add_line(out, "also " + step.reasons[i]);
  }
  if (step.state != State::cached) return;
  if (!step.hit.reason.empty()) add_line(out, "because " + step.hit.reason);
  std::error_code error;
  if (!step.hit.log.empty() &&
      std::filesystem::exists(logs / step.hit.log, error)) {
    add_line(out, "log " + (logs / step.hit.log).native());
  }
}

std::string summarize(const std::vector<ExplainedStep>& steps) {
  std::size_t cached = 0;
  std::size_t runs = 0;
  for (const ExplainedStep& step : steps) {
    cached += step.state == State::cached || step.state == State::base;
    runs += step.state == State::runs;
  }
  const std::size_t open = steps.size() - cached - runs;
  return fmt::format("{} step{}: {} cached, {} would run{}\n", steps.size(),
                     steps.size() == 1 ? "" : "s", cached, runs,
                     open == 0 ? "" : fmt::format(", {} may", open));
}

// One operand is a place where there is one, else a step.
std::optional<StepChoice> read_operands(std::optional<std::string> first,
                                        std::optional<std::string> second,
                                        BuildFlags& flags) {
  flags.context.assign(1, '.');
  if (!first) return std::nullopt;
  std::error_code error;
  auto choice = StepChoice::find_in(*first);
  if (second) {
    if (!choice) {
      throw usage_error(fmt::format("\"{}\" names no step", *first),
                        "write 3, \"build 3/7\", build:3, or L12 for a line");
    }
    flags.context = *second;
    return choice;
  }
  if (choice && !std::filesystem::is_directory(*first, error)) return choice;
  flags.context = *first;
  return std::nullopt;
}

}  // namespace

int run_explain_command(Globals& globals, const Arguments& arguments) {
  BuildFlags flags;
  std::optional<std::string> first;
  std::optional<std::string> second;
  Options options(
      "explain [build flags] [STEP] [PATH]",
      "Tells which steps \"strake build\" with the same flags would "
      "take from the cache, which would run, and why. Does "
      "nothing.",
      "strake explain 3 .");
  add_build_flags(options, flags);
  globals.add_to(options);
  options.optional_operand(
      "STEP", first,
      "Tell all of one step: 3, \"build 3/7\", build:3, or L12 for a line");
  options.optional_operand("PATH", second,
                           "The build context, \".\" by default");
  if (!options.parse(arguments)) return 0;
  if (flags.report) {
    throw usage_error("--report is of a build, and nothing is built here",
                      "leave it out");
  }
  const auto choice = read_operands(first, second, flags);
  builder::BuildOptions build = read_build_options(flags);
  build.trace = globals.trace();
  const auto executor = make_executor(flags.steps.runtime());
  // Where there is no store, none is made for a look.
  std::filesystem::path root = globals.store_root();
  std::optional<base::TempDir> empty;
  if (!std::filesystem::exists(root / "strake.db")) {
    root = empty.emplace().path() / "store";
  }
  store::Store store(root);
  const auto progress = make_progress({"quiet", globals.started});
  InterruptWatcher interrupt;
  interrupt.start();
  const auto steps =
      builder::explain(build, store, *executor, *progress, interrupt.token());
  std::string out;
  if (choice) {
    const ExplainedStep& step = choice->choose(steps);
    render_step(out, step, root / "logs");
    for (const std::string& line : step.key) add_line(out, line);
  } else {
    for (const ExplainedStep& step : steps) {
      render_step(out, step, root / "logs");
    }
    out += summarize(steps);
  }
  std::cout << out;
  return 0;
}

}  // namespace cli

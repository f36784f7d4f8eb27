// The lint rules that only a stage's planner can judge, since they hang on
// variables, on the base's configuration or on what the stages before set.
#include <fmt/format.h>

#include <algorithm>

#include "builder/stage_planner.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;
using parser::LintRule;

// Read by the builder alone, and set in no stage.
bool is_builders_own(std::string_view name) {
  return name == "BUILDKIT_SBOM_SCAN_CONTEXT" ||
         name == "BUILDKIT_SBOM_SCAN_STAGE";
}

}  // namespace

void StagePlanner::add_finding(LintRule rule, std::string message,
                               const parser::Range& focus) const {
  if (trigger_) {
    context_.lint.add({rule, about(message), trigger_->from, {}, {}});
  } else {
    context_.lint.add({rule, std::move(message), current_->range, focus, {}});
  }
}

void StagePlanner::lint_undefined(const parser::Word& word,
                                  std::string_view name) const {
  if (state_.scope.declares(name) || is_builders_own(name)) return;
  const std::string near =
      context_.lint.find_nearest(name, state_.scope.names());
  std::string advice;
  if (context_.globals.contains(std::string(name))) {
    advice = fmt::format(
        "the ARG above the first FROM is for FROM alone; write ARG {} in this "
        "stage",
        name);
  } else if (context_.options.build_args.contains(std::string(name))) {
    advice =
        fmt::format("--build-arg sets it only with ARG {} in this stage", name);
  } else {
    advice = near.empty() ? fmt::format("set it with ENV or ARG {} above", name)
                          : fmt::format("did you mean ${}?", near);
    if (!state_.knows_base) {
      advice += " (its base, which might set it, is not in the store)";
    }
  }
  add_finding(LintRule::undefined_var,
              fmt::format("${} is not set here; {}", name, advice),
              place_of_variable(word, name));
}

void StagePlanner::lint_shell_form(const Instruction& instruction) const {
  if (instruction.form == parser::Form::exec ||
      !state_.config.config.shell.empty()) {
    return;
  }
  add_finding(
      LintRule::json_args_recommended,
      fmt::format("{} runs in a shell, which keeps stop signals from the "
                  "program; write it as a JSON list",
                  parser::render_keyword(instruction.keyword)),
      instruction.range);
}

void StagePlanner::lint_workdir(const parser::Word& word,
                                std::string_view path) {
  if (!std::exchange(state_.has_workdir, true) && !path.starts_with('/')) {
    add_finding(LintRule::workdir_relative_path,
                fmt::format("\"{}\" hangs on the directory that the base "
                            "image has set; write an absolute path",
                            path),
                word.range);
  }
}

void StagePlanner::lint_source(const parser::Word& word,
                               std::string_view path) const {
  const std::uint32_t line = context_.lint.hiding_line(path);
  if (line == 0) return;
  add_finding(LintRule::copy_ignored_file,
              fmt::format("\"{}\" is hidden by line {} of the ignore file, so "
                          "it cannot be copied",
                          path, line),
              word.range);
}

}  // namespace builder

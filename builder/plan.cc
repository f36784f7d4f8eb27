#include "builder/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "builder/frontend_choice.h"
#include "builder/global_args.h"
#include "builder/lint_arguments.h"
#include "builder/plan_warnings.h"
#include "builder/planner.h"
#include "builder/source_words.h"
#include "builder/stage_names.h"
#include "builder/store_images.h"
#include "parser/ascii.h"
#include "parser/values.h"
#include "registry/reference.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;
using parser::to_lower;

}  // namespace

Planner::Planner(const SourceFile& file, const PlanOptions& options,
                 ImageSource& images, const NamedContexts& contexts, Lint& lint)
    : file_(file),
      options_(options),
      images_(images),
      contexts_(contexts),
      context_{file, options, graph_, {}, options.build_args, {}, lint, {}, {}},
      target_platform_(options.platform.value_or(options.build_platform)) {
  context_.find_tree = [this](const TreeRequest& request) {
    return find_tree(request);
  };
}

Plan Planner::make() {
  const std::size_t target = find_target();
  const parser::Stage& target_stage = file_.tree.stages[target];
  BuildArgs built_in = platform_arguments(
      options_.build_platform, target_platform_,
      options_.target.empty() ? target_stage.name.value_or("")
                              : options_.target);
  const std::optional<BuildArgs> defaults = find_default_globals(built_in);
  context_.globals =
      read_global_args(file_, std::move(built_in), context_.build_args);
  lint_from_arguments(file_, context_.globals, defaults ? &*defaults : nullptr,
                      context_.lint);
  Plan plan;
  plan.epoch = resolve_epoch(file_, context_.globals, context_.build_args);
  read_heads();
  // Lowest first, so that stage() finds what a stage names planned already and
  // a chain of thousands of stages does not recurse.
  for (std::size_t i = 0; options_.all_stages && i < target; ++i) stage(i);
  for (const std::size_t index : find_needed(target)) stage(index);
  StageState state = stage(target);
  finish_config(state.config);
  lint_unused_arguments(file_, options_.build_args, context_.globals,
                        context_.declared, context_.lint);
  plan.warnings = warnings_of(context_);
  plan.uses_cache = options_.use_cache;
  plan.vertices = std::move(graph_.vertices());
  plan.result = state.tree;
  plan.config = std::move(state.config);
  plan.history = whole_history(target);
  plan.mismatches = std::move(mismatches_);
  for (const auto& [index, planned] : done_) plan.stages.insert(index);
  plan.globals = std::move(context_.globals);
  plan.arguments = std::move(context_.arguments);
  return plan;
}

// What FROM would see without a build argument; none when a default is
// malformed, which does not matter where a build argument takes its place.
std::optional<BuildArgs> Planner::find_default_globals(
    const BuildArgs& built_in) const {
  try {
    return read_global_args(file_, built_in, {});
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

const Instruction& Planner::from_of(const parser::Stage& stage) const {
  return file_.tree.instructions[stage.from];
}

// All FROM lines and all stages' sources are checked, whether the target needs
// them or not; images are looked up for what it needs.
void Planner::read_heads() {
  std::vector<std::string> bases;
  for (const parser::Stage& stage : file_.tree.stages) {
    heads_.push_back(read_head(stage));
    bases.push_back(heads_.back().base);
  }
  stages_.emplace(file_, bases);
  for (const parser::Stage& stage : file_.tree.stages) {
    check_base_name(bases[stage.index], stage.index);
  }
}

StageHead Planner::read_head(const parser::Stage& stage) const {
  const Instruction& from = from_of(stage);
  StageHead head;
  head.base = expand_global(file_, {stage.base, from.args.at(0).range},
                            context_.globals);
  if (!stage.platform || stage.platform->empty()) return head;
  const parser::Word word = value_of(*from.find_flag("platform"));
  try {
    head.platform =
        parse_platform(expand_global(file_, word, context_.globals));
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::invalid_input) throw;
    throw error_at(file_, word.range, error.message(), error.hint());
  }
  return head;
}

void Planner::check_base_name(const std::string& name,
                              std::size_t index) const {
  if (name == kScratch || stages_->find_above(name, index)) return;
  if (can_name_image(name)) return;
  const Instruction& from = from_of(file_.tree.stages[index]);
  try {
    registry::parse_reference(name);
  } catch (const base::Error& error) {
    const std::string low = to_lower(name);
    const bool is_stage = stages_->find_above(low, index).has_value();
    throw error_at(file_, from.args[0].range, error.message(),
                   is_stage
                       ? fmt::format("stage names are lower case: FROM {}", low)
                       : error.hint());
  }
}

std::size_t Planner::find_target() const {
  const auto& stages = file_.tree.stages;
  if (stages.empty()) {
    throw base::Error(base::ErrorKind::invalid_dockerfile,
                      fmt::format("{}: there is no FROM", file_.name));
  }
  if (options_.target.empty()) return stages.size() - 1;
  if (const auto index = find_stage(file_.tree, options_.target)) {
    return *index;
  }
  throw base::Error(
      base::ErrorKind::invalid_dockerfile,
      fmt::format("{} has no stage \"{}\"", file_.name, options_.target))
      .hint(suggest_stage(file_.tree, options_.target));
}

// The stages that the target reaches, in file order. Images of those are
// resolved here: what their triggers name is reached as well.
std::set<std::size_t> Planner::find_needed(std::size_t target) {
  std::set<std::size_t> needed;
  std::vector<std::size_t> todo = {target};
  while (!todo.empty()) {
    const std::size_t index = todo.back();
    todo.pop_back();
    if (!needed.insert(index).second || find_replacement(index)) continue;
    resolve_base(index);
    for (const std::size_t used : stages_->used_by(index)) todo.push_back(used);
  }
  return needed;
}

const StageState& Planner::stage(std::size_t index) {
  if (const auto it = done_.find(index); it != done_.end()) return it->second;
  const parser::Stage& stage = file_.tree.stages[index];
  context_.lint.reach(index);
  if (const NamedContext* context = find_replacement(index)) {
    StagePlanner planner(context_, stage, start_from_context(*context, stage));
    return done_.emplace(index, planner.finish()).first->second;
  }
  StageState start = start_of(stage);
  const std::vector<std::string> triggers =
      std::exchange(start.config.config.on_build, {});
  StagePlanner planner(context_, stage, std::move(start));
  planner.apply(file_.tree.instructions[stage.from]);
  for (const std::string& trigger : triggers) {
    planner.apply_trigger(trigger, from_of(stage).range);
  }
  for (std::size_t i = stage.from + 1; i < file_.tree.instructions.size();
       ++i) {
    const Instruction& instruction = file_.tree.instructions[i];
    if (instruction.keyword == Keyword::from) break;
    planner.apply(instruction);
  }
  return done_.emplace(index, planner.finish()).first->second;
}

// Of the stage and those it is built from. Each keeps its own part: copies of
// the whole would make a chain of stages cost its length squared.
std::vector<PlannedHistory> Planner::whole_history(std::size_t target) const {
  std::vector<std::size_t> chain;
  for (std::optional<std::size_t> index = target; index;
       index = stages_->find_above(heads_[*index].base, *index)) {
    chain.push_back(*index);
    if (find_replacement(*index)) break;
  }
  std::vector<PlannedHistory> history;
  for (auto index = chain.rbegin(); index != chain.rend(); ++index) {
    const auto& own = done_.at(*index).history;
    history.insert(history.end(), own.begin(), own.end());
  }
  return history;
}

// What --platform and --label say of the image, over what its base has.
void Planner::finish_config(store::ImageConfig& config) const {
  for (const auto& [key, value] : options_.labels) {
    config.config.labels[key] = value;
  }
  Platform own = {config.os, config.architecture, config.variant,
                  config.os_version};
  if (options_.platform) {
    const Platform& wanted = *options_.platform;
    const bool is_same =
        own.os == wanted.os && own.architecture == wanted.architecture;
    if (!is_same || !wanted.variant.empty()) own.variant = wanted.variant;
    if (!is_same || !wanted.os_version.empty()) {
      own.os_version = wanted.os_version;
    }
    own.os = wanted.os;
    own.architecture = wanted.architecture;
  }
  own = normalize_platform(std::move(own));
  config.os = own.os;
  config.architecture = own.architecture;
  config.variant = own.variant;
  config.os_version = own.os_version;
}

std::string stage_name_of(const parser::Stage& stage) {
  return stage.name.value_or(fmt::format("stage-{}", stage.index));
}

std::string render_place(const Vertex& vertex) {
  if (vertex.step == 0) return fmt::format("[{}]", vertex.stage);
  return fmt::format("[{} {}/{}]", vertex.stage, vertex.step,
                     vertex.steps_of_stage);
}

Plan make_plan(const SourceFile& file, const PlanOptions& options,
               ImageSource& images, Lint& lint, const NamedContexts& contexts) {
  check_frontend(file, options.build_args);
  return Planner(file, options, images, contexts, lint).make();
}

Plan make_plan(const SourceFile& file, const PlanOptions& options,
               ImageSource& images, const NamedContexts& contexts) {
  Lint lint(file, {});
  return make_plan(file, options, images, lint, contexts);
}

}  // namespace builder

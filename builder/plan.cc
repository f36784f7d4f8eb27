#include "builder/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "builder/context_stage.h"
#include "builder/frontend_choice.h"
#include "builder/global_args.h"
#include "builder/lint_arguments.h"
#include "builder/plan_warnings.h"
#include "builder/source_words.h"
#include "builder/stage_graph.h"
#include "builder/stage_planner.h"
#include "builder/store_images.h"
#include "parser/ascii.h"
#include "parser/values.h"
#include "registry/reference.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;
using parser::to_lower;

constexpr std::string_view kScratch = "scratch";

bool is_number(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// What a FROM line says, expanded.
struct StageHead {
  std::string base;
  std::optional<Platform> platform;  // --platform
};

// Plans stages as they are reached from the target, each once.
class Planner {
 public:
  Planner(const SourceFile& file, const PlanOptions& options,
          ImageSource& images, const NamedContexts& contexts, Lint& lint);
  Plan make();

 private:
  std::optional<BuildArgs> find_default_globals(
      const BuildArgs& built_in) const;
  const Instruction& from_of(const parser::Stage& stage) const;
  void read_heads();
  StageHead read_head(const parser::Stage& stage) const;
  void check_base_name(const std::string& name, std::size_t index) const;
  std::size_t find_target() const;
  std::set<std::size_t> find_needed(std::size_t target);
  void resolve_base(std::size_t index);
  const StageState& stage(std::size_t index);
  StageState start_of(const parser::Stage& stage);
  StageState start_from_scratch() const;
  // The context that a name means in a stage, and the one that stands for it.
  const NamedContext* find_context(std::string_view name,
                                   std::size_t stage) const;
  const NamedContext* find_replacement(std::size_t stage) const;
  TreeSource source_of(const NamedContext& context) const;
  std::optional<ResolvedImage> find_context_image(const NamedContext& context,
                                                  const parser::Range& range);
  StageState start_from_context(const NamedContext& context,
                                const parser::Stage& stage);
  StageState start_from_image(ResolvedImage image, const parser::Stage& stage);
  std::vector<PlannedHistory> whole_history(std::size_t target) const;
  void finish_config(store::ImageConfig& config) const;
  void lint_platform(const PlatformMismatch& mismatch, const Instruction& from);
  std::size_t add_base(ResolvedImage& image, const parser::Range& range,
                       const std::string& stage_name);
  ResolvedImage find_image(std::string_view name, const parser::Range& range);
  TreeSource find_tree(const TreeRequest& request);
  std::optional<std::size_t> find_source_stage(const TreeRequest& request);
  std::string nearest_name(std::string_view name) const;

  const SourceFile& file_;
  const PlanOptions& options_;
  ImageSource& images_;
  const NamedContexts& contexts_;
  Graph graph_;
  PlanContext context_;
  Platform target_platform_;
  std::vector<StageHead> heads_;  // of every stage of the file
  std::optional<StageGraph> stages_;
  std::map<std::size_t, ResolvedImage> bases_;  // of stages FROM an image
  std::map<std::size_t, StageState> done_;
  std::vector<PlatformMismatch> mismatches_;
};

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
  const std::string name = to_lower(options_.target);
  const auto named =
      std::find_if(stages.rbegin(), stages.rend(),
                   [&](const auto& stage) { return stage.name == name; });
  if (named != stages.rend()) return named->index;
  if (is_number(name) && name.size() < 9 && std::stoul(name) < stages.size()) {
    return std::stoul(name);
  }
  std::vector<std::string_view> names;
  for (const parser::Stage& stage : stages) {
    if (stage.name) names.emplace_back(*stage.name);
  }
  base::Error error(
      base::ErrorKind::invalid_dockerfile,
      fmt::format("{} has no stage \"{}\"", file_.name, options_.target));
  const std::string near = parser::find_nearest(name, names);
  if (!near.empty()) error.hint(fmt::format("did you mean \"{}\"?", near));
  throw error;
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

void Planner::resolve_base(std::size_t index) {
  const std::string& name = heads_[index].base;
  if (stages_->find_above(name, index) || name == kScratch) return;
  const Instruction& from = from_of(file_.tree.stages[index]);
  const NamedContext* const context = find_context(name, index);
  auto found = context ? find_context_image(*context, from.args[0].range)
                       : find_image(name, from.args[0].range);
  if (!found) return;  // files, which have no triggers
  ResolvedImage image = std::move(*found);
  for (const std::string& text : image.config.config.on_build) {
    try {
      stages_->add_trigger(parser::parse_trigger(text), index, from.range);
    } catch (const parser::SyntaxError&) {
      // Told when the trigger is applied, with all that belongs to it.
    } catch (base::Error& error) {
      show_trigger(error, text);
      throw;
    }
  }
  bases_.emplace(index, std::move(image));
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

// A stage hides an image of its name, and even the empty one.
StageState Planner::start_of(const parser::Stage& stage) {
  const std::string& name = heads_[stage.index].base;
  if (const auto earlier = stages_->find_above(name, stage.index)) {
    const StageState& state = this->stage(*earlier);
    return {state.tree, state.config,      state.scope,
            {},         state.has_workdir, state.knows_base};
  }
  if (name == kScratch) return start_from_scratch();
  if (!bases_.contains(stage.index)) resolve_base(stage.index);
  if (const auto base = bases_.find(stage.index); base != bases_.end()) {
    return start_from_image(base->second, stage);
  }
  return start_from_context(*find_context(name, stage.index), stage);
}

const NamedContext* Planner::find_context(std::string_view name,
                                          std::size_t stage) const {
  const Platform platform = heads_[stage].platform.value_or(target_platform_);
  const auto place = contexts_.find(
      name, fmt::format("{}/{}", platform.os, platform.architecture));
  return place ? &contexts_.all()[*place] : nullptr;
}

const NamedContext* Planner::find_replacement(std::size_t stage) const {
  const auto& name = file_.tree.stages[stage].name;
  return name ? find_context(*name, stage) : nullptr;
}

// For one of files.
TreeSource Planner::source_of(const NamedContext& context) const {
  TreeSource source;
  source.name = context.name;
  if (context.form.kind == ContextForm::Kind::scratch) {
    source.kind = TreeSource::Kind::empty;
  } else {
    source.context =
        1 + static_cast<std::size_t>(&context - contexts_.all().data());
  }
  return source;
}

// For one that is an image; none for one of files.
std::optional<ResolvedImage> Planner::find_context_image(
    const NamedContext& context, const parser::Range& range) {
  if (context.form.kind == ContextForm::Kind::image) {
    return find_image(context.form.reference, range);
  }
  try {
    switch (context.form.kind) {
      case ContextForm::Kind::layout:
        return images_.read_layout(context.form.directory,
                                   context.form.reference);
      case ContextForm::Kind::git:
      case ContextForm::Kind::download:
        refuse_address(context.form.reference);
      default:
        return std::nullopt;
    }
  } catch (const base::Error& error) {
    throw error_at(
        file_, range,
        fmt::format("--build-context {}: {}", context.name, error.message()),
        error.hint(), error.kind());
  }
}

StageState Planner::start_from_context(const NamedContext& context,
                                       const parser::Stage& stage) {
  const Instruction& from = from_of(stage);
  if (auto image = find_context_image(context, from.args[0].range)) {
    return start_from_image(std::move(*image), stage);
  }
  StageState state = start_from_scratch();
  const TreeSource source = source_of(context);
  if (source.kind == TreeSource::Kind::context) {
    start_from_files(graph_, source, from.range,
                     stage.name.value_or(fmt::format("stage-{}", stage.index)),
                     state);
  }
  return state;
}

// For the target's platform, whatever the FROM says.
StageState Planner::start_from_scratch() const {
  StageState state;
  state.config.architecture = target_platform_.architecture;
  state.config.os = target_platform_.os;
  state.config.variant = target_platform_.variant;
  state.config.config.working_dir = "/";
  state.config.config.env = {std::string(kDefaultPath)};
  state.scope.set_env("PATH", std::string(kDefaultPath.substr(5)));
  return state;
}

StageState Planner::start_from_image(ResolvedImage image,
                                     const parser::Stage& stage) {
  const StageHead& head = heads_[stage.index];
  const Platform asked = head.platform.value_or(target_platform_);
  const Platform found = normalize_platform(
      {image.config.os, image.config.architecture, image.config.variant, ""});
  if (image.is_known &&
      (found.os != asked.os || found.architecture != asked.architecture)) {
    mismatches_.push_back({from_of(stage).range, head.base, asked, found});
    lint_platform(mismatches_.back(), from_of(stage));
  }
  StageState state;
  state.tree =
      add_base(image, from_of(stage).range,
               stage.name.value_or(fmt::format("stage-{}", stage.index)));
  state.knows_base = image.is_known;
  state.config = std::move(image.config);
  state.config.created.clear();
  state.config.diff_ids.clear();
  store::ContainerConfig& config = state.config.config;
  bool has_path = false;
  for (const std::string& pair : config.env) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) continue;
    has_path |= pair.substr(0, equals) == "PATH";
    state.scope.set_env(pair.substr(0, equals), pair.substr(equals + 1));
  }
  if (!has_path && found.os != "windows") {
    config.env.emplace_back(kDefaultPath);
    state.scope.set_env("PATH", std::string(kDefaultPath.substr(5)));
  }
  return state;
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

void Planner::lint_platform(const PlatformMismatch& mismatch,
                            const Instruction& from) {
  context_.lint.add({parser::LintRule::invalid_base_image_platform,
                     fmt::format("{} is for {}, and the stage is for {}; what "
                                 "it runs may not start",
                                 mismatch.name, render_platform(mismatch.found),
                                 render_platform(mismatch.asked)),
                     from.range,
                     from.args[0].range,
                     {}});
}

std::size_t Planner::add_base(ResolvedImage& image, const parser::Range& range,
                              const std::string& stage_name) {
  Vertex vertex;
  vertex.operation = BaseOp{image.reference, image.id, image.config.diff_ids};
  vertex.range = range;
  vertex.stage = stage_name;
  vertex.title = "FROM " + image.reference;
  return graph_.add(std::move(vertex));
}

ResolvedImage Planner::find_image(std::string_view name,
                                  const parser::Range& range) {
  std::optional<ResolvedImage> image;
  try {
    image = images_.find(name);
  } catch (const base::Error& error) {
    throw error_at(file_, range, error.message(), error.hint(),
                   error.kind() == base::ErrorKind::invalid_input
                       ? base::ErrorKind::invalid_dockerfile
                       : error.kind());
  }
  if (image) return std::move(*image);
  const std::string near = nearest_name(name);
  throw error_at(
      file_, range, fmt::format("image \"{}\" is not in the store", name),
      near.empty()
          ? fmt::format("pulling is not supported yet; make it with "
                        "\"strake import rootfs.tar {}\" or build and tag it",
                        name)
          : fmt::format("did you mean \"{}\"?", near),
      base::ErrorKind::not_found);
}

// Of the file's stages and the store's images.
std::string Planner::nearest_name(std::string_view name) const {
  std::vector<std::string> known = images_.names();
  for (const parser::Stage& stage : file_.tree.stages) {
    if (stage.name) known.push_back(*stage.name);
  }
  return parser::find_nearest(name, {known.begin(), known.end()});
}

// The stage above that a source names; none when it names none at all.
std::optional<std::size_t> Planner::find_source_stage(
    const TreeRequest& request) {
  const auto index = stages_->find_source(
      {std::string(request.name), request.range, request.takes_numbers},
      request.stage);
  if (!index || *index < request.stage) return index;
  throw error_at(file_, request.range,
                 fmt::format("stage \"{}\" is not defined yet", request.name),
                 "a stage can use only stages above it");
}

TreeSource Planner::find_tree(const TreeRequest& request) {
  TreeSource source;
  source.name = request.name;
  source.kind = TreeSource::Kind::empty;
  const auto index = find_source_stage(request);
  const NamedContext* const context =
      index ? find_replacement(*index)
            : find_context(request.name, request.stage);
  if (context != nullptr) {
    auto image = find_context_image(*context, request.range);
    if (!image) return source_of(*context);
    source.vertex = add_base(*image, request.range, source.name);
  } else if (index) {
    const std::optional<std::size_t> tree = stage(*index).tree;
    if (!tree) return source;
    source.vertex = *tree;
  } else if (request.name == kScratch) {
    return source;
  } else {
    ResolvedImage image = find_image(request.name, request.range);
    source.vertex = add_base(image, request.range, source.name);
  }
  source.kind = TreeSource::Kind::vertex;
  return source;
}

}  // namespace

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

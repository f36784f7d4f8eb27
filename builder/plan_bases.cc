// Where the planner finds what a stage starts from and what it copies: stages,
// named contexts, images, nothing.
#include <fmt/format.h>

#include <algorithm>

#include "builder/context_stage.h"
#include "builder/environment.h"
#include "builder/planner.h"
#include "builder/remote_operation.h"
#include "parser/url.h"
#include "parser/values.h"

namespace builder {

using parser::Instruction;

void Planner::resolve_base(std::size_t index) {
  const std::string& name = heads_[index].base;
  if (stages_->find_above(name, index) || name == kScratch) return;
  const Instruction& from = from_of(file_.tree.stages[index]);
  const NamedContext* const context = find_context(name, index);
  auto found = context
                   ? find_context_image(*context, index, from.args[0].range)
                   : find_image(name, platform_of(index), from.args[0].range);
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

Platform Planner::platform_of(std::size_t stage) const {
  return heads_[stage].platform.value_or(target_platform_);
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
  const Platform platform = platform_of(stage);
  const auto place = contexts_.find(name, render_platform(platform));
  return place ? &contexts_.all()[*place] : nullptr;
}

const NamedContext* Planner::find_replacement(std::size_t stage) const {
  const auto& name = file_.tree.stages[stage].name;
  return name ? find_context(*name, stage) : nullptr;
}

// For one of files.
TreeSource Planner::source_of(const NamedContext& context,
                              const parser::Range& range,
                              const std::string& stage_name) {
  TreeSource source;
  source.name = context.name;
  if (auto fetch = context_operation(context.form, options_.build_args)) {
    Vertex vertex;
    vertex.operation = std::move(*fetch);
    vertex.range = range;
    vertex.stage = stage_name;
    vertex.title = parser::redact_address(context.form.reference);
    vertex.is_uncached = !options_.use_cache;
    source.vertex = graph_.add(std::move(vertex));
    source.kind = TreeSource::Kind::vertex;
  } else if (context.form.kind == ContextForm::Kind::scratch) {
    source.kind = TreeSource::Kind::empty;
  } else {
    source.context =
        1 + static_cast<std::size_t>(&context - contexts_.all().data());
  }
  return source;
}

// For one that is an image; none for one of files.
std::optional<ResolvedImage> Planner::find_context_image(
    const NamedContext& context, std::size_t stage,
    const parser::Range& range) {
  if (context.form.kind == ContextForm::Kind::image) {
    return find_image(context.form.reference, platform_of(stage), range);
  }
  if (context.form.kind != ContextForm::Kind::layout) return std::nullopt;
  try {
    return images_.read_layout(
        {context.form.directory, context.form.reference, platform_of(stage)});
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
  if (auto image =
          find_context_image(context, stage.index, from.args[0].range)) {
    return start_from_image(std::move(*image), stage);
  }
  StageState state = start_from_scratch();
  const std::string name =
      stage.name.value_or(fmt::format("stage-{}", stage.index));
  start_from_files(graph_, source_of(context, from.range, name), from.range,
                   name, state);
  if (state.tree && !options_.use_cache) {
    graph_.vertices()[*state.tree].is_uncached = true;
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
  const Platform asked = platform_of(stage.index);
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
  for (const std::string& pair : config.env) {
    const std::string name = pair.substr(0, pair.find('='));
    state.scope.set_env(name,
                        pair.substr(std::min(name.size() + 1, pair.size())));
  }
  if (!find_variable(config.env, "PATH") && found.os != "windows") {
    config.env.emplace_back(kDefaultPath);
    state.scope.set_env("PATH", std::string(kDefaultPath.substr(5)));
  }
  return state;
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
  vertex.text = vertex.title;
  return graph_.add(std::move(vertex));
}

ResolvedImage Planner::find_image(std::string_view name,
                                  const Platform& platform,
                                  const parser::Range& range) {
  try {
    if (auto image = images_.find(name, platform)) return std::move(*image);
  } catch (const base::Error& error) {
    throw error_at(file_, range, describe_missing(name, error),
                   find_near(name).value_or(error.hint()),
                   error.kind() == base::ErrorKind::invalid_input
                       ? base::ErrorKind::invalid_dockerfile
                       : error.kind());
  }
  throw error_at(
      file_, range, fmt::format("image \"{}\" is not in the store", name),
      find_near(name).value_or(fmt::format(
          "\"strake pull {}\" gets it while there is a network", name)),
      base::ErrorKind::not_found);
}

// What a registry says is of an image that is not here.
std::string Planner::describe_missing(std::string_view name,
                                      const base::Error& error) {
  switch (error.kind()) {
    case base::ErrorKind::not_found:
    case base::ErrorKind::denied:
    case base::ErrorKind::unavailable:
      return fmt::format("image \"{}\" is not in the store; {}", name,
                         error.message());
    default:
      return error.message();
  }
}

std::optional<std::string> Planner::find_near(std::string_view name) const {
  const std::string near = nearest_name(name);
  if (near.empty()) return std::nullopt;
  return fmt::format("did you mean \"{}\"?", near);
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
    auto image = find_context_image(*context, index.value_or(request.stage),
                                    request.range);
    if (!image) {
      return source_of(*context, request.range,
                       file_.tree.stages[request.stage].name.value_or(
                           fmt::format("stage-{}", request.stage)));
    }
    source.vertex = add_base(*image, request.range, source.name);
  } else if (index) {
    const std::optional<std::size_t> tree = stage(*index).tree;
    if (!tree) return source;
    source.vertex = *tree;
  } else if (request.name == kScratch) {
    return source;
  } else {
    ResolvedImage image =
        find_image(request.name, platform_of(request.stage), request.range);
    source.vertex = add_base(image, request.range, source.name);
  }
  source.kind = TreeSource::Kind::vertex;
  return source;
}

}  // namespace builder

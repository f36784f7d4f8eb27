#include "builder/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "builder/stage_planner.h"
#include "parser/values.h"
#include "parser/word.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

// Plans stages as they are reached from the target, each once.
class Planner {
 public:
  Planner(const SourceFile& file, const PlanOptions& options,
          ImageSource& images);
  Plan make();

 private:
  std::size_t find_target() const;
  void read_globals();
  const StageState& stage(std::size_t index);
  StageState start_of(const parser::Stage& stage, const Instruction& from);
  StageState start_from_image(std::string_view name, const Instruction& from,
                              const parser::Stage& stage);
  void check_platform(const parser::Stage& stage, const Instruction& from);
  std::size_t add_base(ResolvedImage& image, const parser::Range& range,
                       const std::string& stage_name);
  ResolvedImage find_image(std::string_view name, const parser::Range& range);
  TreeSource find_tree(std::string_view name, std::size_t stage,
                       const parser::Range& range);
  // The last stage above `before` of this name.
  std::optional<std::size_t> find_stage(std::string_view name,
                                        std::size_t before) const;
  std::string expand_global(const std::string& text,
                            const parser::Range& range) const;
  void warn_of_unused_arguments();
  void warn_of_shared_network();

  const SourceFile& file_;
  const PlanOptions& options_;
  ImageSource& images_;
  Graph graph_;
  PlanContext context_;
  std::map<std::size_t, StageState> done_;
  std::vector<std::string> warnings_;
};

Planner::Planner(const SourceFile& file, const PlanOptions& options,
                 ImageSource& images)
    : file_(file),
      options_(options),
      images_(images),
      context_{file, options, graph_, {}, {}} {
  context_.find_tree = [this](std::string_view name, std::size_t stage,
                              const parser::Range& range) {
    return find_tree(name, stage, range);
  };
}

Plan Planner::make() {
  context_.globals = platform_arguments(options_.architecture, options_.target);
  read_globals();
  const std::size_t target = find_target();
  StageState state = stage(target);
  for (const auto& [key, value] : options_.labels) {
    state.config.config.labels[key] = value;
  }
  warn_of_unused_arguments();
  warn_of_shared_network();
  Plan plan;
  plan.vertices = std::move(graph_.vertices());
  plan.result = state.tree;
  plan.config = std::move(state.config);
  plan.history = std::move(state.history);
  plan.warnings = std::move(warnings_);
  return plan;
}

std::size_t Planner::find_target() const {
  const auto& stages = file_.tree.stages;
  if (stages.empty()) {
    throw base::Error(base::ErrorKind::invalid_dockerfile,
                      fmt::format("{}: there is no FROM", file_.name));
  }
  if (options_.target.empty()) return stages.size() - 1;
  const std::string name = lower_case(options_.target);
  if (const auto index = find_stage(name, stages.size())) return *index;
  if (name.size() < 9 && name.find_first_not_of("0123456789") == name.npos &&
      std::stoul(name) < stages.size()) {
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

std::string Planner::expand_global(const std::string& text,
                                   const parser::Range& range) const {
  try {
    return parser::expand_word(
        text, file_.tree.escape,
        [this](std::string_view name) -> std::optional<std::string> {
          const auto it = context_.globals.find(std::string(name));
          if (it == context_.globals.end()) return std::nullopt;
          return it->second;
        });
  } catch (const parser::SyntaxError& error) {
    throw error_at(file_, range.start, error);
  }
}

void Planner::read_globals() {
  for (const auto& [name, value] : options_.build_args) {
    if (context_.globals.contains(name)) context_.globals[name] = value;
  }
  for (const Instruction& instruction : file_.tree.instructions) {
    if (instruction.stage || instruction.keyword != Keyword::arg) continue;
    for (const parser::Word& word : instruction.args) {
      const std::size_t equals = word.text.find('=');
      const std::string name = word.text.substr(0, equals);
      const auto given = options_.build_args.find(name);
      if (given != options_.build_args.end()) {
        context_.globals[name] = given->second;
      } else if (equals != std::string::npos) {
        context_.globals[name] =
            expand_global(word.text.substr(equals + 1), word.range);
      }
    }
  }
}

const StageState& Planner::stage(std::size_t index) {
  if (const auto it = done_.find(index); it != done_.end()) return it->second;
  const parser::Stage& stage = file_.tree.stages[index];
  const Instruction& from = file_.tree.instructions[stage.from];
  StageState start = start_of(stage, from);
  const std::vector<std::string> triggers =
      std::exchange(start.config.config.on_build, {});
  StagePlanner planner(context_, stage, std::move(start));
  for (const std::string& trigger : triggers) {
    planner.apply_trigger(trigger, from.range);
  }
  for (std::size_t i = stage.from + 1; i < file_.tree.instructions.size();
       ++i) {
    const Instruction& instruction = file_.tree.instructions[i];
    if (instruction.keyword == Keyword::from) break;
    planner.apply(instruction);
  }
  return done_.emplace(index, planner.finish()).first->second;
}

StageState Planner::start_of(const parser::Stage& stage,
                             const Instruction& from) {
  const std::string name = expand_global(stage.base, from.args.at(0).range);
  if (name.empty()) {
    throw error_at(file_, from.args[0].range,
                   fmt::format("\"{}\" expands to nothing", stage.base),
                   "give the ARG a default, or set it with --build-arg");
  }
  if (const auto earlier = find_stage(name, stage.index)) {
    return this->stage(*earlier);
  }
  check_platform(stage, from);
  if (name != "scratch") return start_from_image(name, from, stage);
  StageState state;
  state.config.architecture = options_.architecture;
  state.config.os = "linux";
  state.config.config.working_dir = "/";
  state.config.config.env = {std::string(kDefaultPath)};
  state.scope.set_env("PATH", std::string(kDefaultPath.substr(5)));
  return state;
}

void Planner::check_platform(const parser::Stage& stage,
                             const Instruction& from) {
  if (!stage.platform) return;
  const parser::Range range = from.find_flag("platform")->range;
  const std::string platform = expand_global(*stage.platform, range);
  if (platform != "linux/" + options_.architecture && platform != "linux") {
    throw error_at(
        file_, range,
        fmt::format("building for platform \"{}\" on linux/{} is not "
                    "supported yet",
                    platform, options_.architecture),
        {}, base::ErrorKind::unsupported);
  }
}

StageState Planner::start_from_image(std::string_view name,
                                     const Instruction& from,
                                     const parser::Stage& stage) {
  ResolvedImage image = find_image(name, from.args[0].range);
  StageState state;
  state.tree =
      add_base(image, from.range,
               stage.name.value_or(fmt::format("stage-{}", stage.index)));
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
  if (!has_path) {
    config.env.emplace_back(kDefaultPath);
    state.scope.set_env("PATH", std::string(kDefaultPath.substr(5)));
  }
  return state;
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
  throw error_at(
      file_, range, fmt::format("image \"{}\" is not in the store", name),
      fmt::format("pulling is not supported yet; make it with "
                  "\"strake import rootfs.tar {}\" or build and tag it",
                  name),
      base::ErrorKind::not_found);
}

TreeSource Planner::find_tree(std::string_view name, std::size_t stage,
                              const parser::Range& range) {
  TreeSource source;
  source.name = name;
  const std::string low = lower_case(name);
  const auto& stages = file_.tree.stages;
  std::optional<std::size_t> index = find_stage(low, stage);
  const bool is_number =
      !low.empty() && low.size() < 9 &&
      low.find_first_not_of("0123456789") == std::string::npos;
  if (!index && is_number) index = std::stoul(low);
  const bool is_later =
      index ? *index >= stage : find_stage(low, stages.size()).has_value();
  if (is_later) {
    const bool is_own = index == stage || (!index && stages[stage].name == low);
    throw error_at(file_, range,
                   is_own
                       ? fmt::format("stage \"{}\" copies from itself", name)
                       : fmt::format("stage \"{}\" is not defined yet", name),
                   "a stage can use only stages above it");
  }
  if (index) {
    const std::optional<std::size_t> tree = this->stage(*index).tree;
    source.kind = tree ? TreeSource::Kind::vertex : TreeSource::Kind::empty;
    source.vertex = tree.value_or(0);
    return source;
  }
  if (low == "scratch") {
    source.kind = TreeSource::Kind::empty;
    return source;
  }
  ResolvedImage image = find_image(name, range);
  source.kind = TreeSource::Kind::vertex;
  source.vertex = add_base(image, range, std::string(name));
  return source;
}

std::optional<std::size_t> Planner::find_stage(std::string_view name,
                                               std::size_t before) const {
  for (std::size_t i = before; i-- > 0;) {
    if (file_.tree.stages[i].name == name) return i;
  }
  return std::nullopt;
}

void Planner::warn_of_shared_network() {
  const auto& vertices = graph_.vertices();
  const bool is_shared =
      std::any_of(vertices.begin(), vertices.end(), [](const Vertex& vertex) {
        const auto* exec = std::get_if<ExecOp>(&vertex.operation);
        return exec != nullptr && exec->network == NetworkMode::standard;
      });
  if (is_shared) {
    warnings_.emplace_back(
        "RUN steps share the host's network in this version; --network none "
        "cuts them off");
  }
}

void Planner::warn_of_unused_arguments() {
  std::set<std::string> declared;
  for (const Instruction& instruction : file_.tree.instructions) {
    if (instruction.keyword != Keyword::arg) continue;
    for (const parser::Word& word : instruction.args) {
      declared.insert(word.text.substr(0, word.text.find('=')));
    }
  }
  for (const auto& [name, value] : options_.build_args) {
    if (declared.contains(name) || is_proxy_name(name) ||
        name.starts_with("BUILDKIT_") || name == "SOURCE_DATE_EPOCH" ||
        context_.globals.contains(name)) {
      continue;
    }
    warnings_.push_back(
        fmt::format("--build-arg {}: no ARG declares it", name));
  }
}

}  // namespace

Plan make_plan(const SourceFile& file, const PlanOptions& options,
               ImageSource& images) {
  return Planner(file, options, images).make();
}

}  // namespace builder

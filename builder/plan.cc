#include "builder/plan.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "builder/frontend_choice.h"
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

bool is_number(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether "linux/amd64" and the like mean a machine of this architecture.
bool is_own_platform(std::string_view platform, std::string_view architecture) {
  std::string text = lower_case(platform);
  if (text == "linux") return true;
  if (text.starts_with("linux/")) text.erase(0, 6);
  if (text == "x86_64" || text == "x86-64") text = "amd64";
  if (text == "aarch64" || text == "arm64/v8") text = "arm64";
  return text == architecture;
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
  std::set<std::size_t> find_needed(std::size_t target) const;
  std::vector<std::string> names_used_by(std::size_t index) const;
  const StageState& stage(std::size_t index);
  StageState start_of(const parser::Stage& stage, const Instruction& from);
  StageState start_from_scratch() const;
  StageState start_from_image(std::string_view name, const Instruction& from,
                              const parser::Stage& stage);
  void check_platform(const parser::Stage& stage, const Instruction& from);
  std::size_t add_base(ResolvedImage& image, const parser::Range& range,
                       const std::string& stage_name);
  ResolvedImage find_image(std::string_view name, const parser::Range& range);
  TreeSource find_tree(const TreeRequest& request);
  std::optional<std::size_t> find_source_stage(const TreeRequest& request);
  // The last stage above `before` of this name.
  std::optional<std::size_t> find_stage(std::string_view name,
                                        std::size_t before) const;
  std::string expand_global(const parser::Word& word) const;
  std::optional<std::chrono::sys_seconds> find_epoch() const;
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
    : file_(file), options_(options), images_(images), context_{file,   options,
                                                                graph_, {},
                                                                {},     {}} {
  context_.find_tree = [this](const TreeRequest& request) {
    return find_tree(request);
  };
}

Plan Planner::make() {
  context_.globals = platform_arguments(options_.architecture, options_.target);
  read_globals();
  const std::size_t target = find_target();
  // Lowest first, so that stage() finds what a stage names planned already and
  // a chain of thousands of stages does not recurse.
  for (const std::size_t index : find_needed(target)) stage(index);
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
  plan.epoch = find_epoch();
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

// The stages that the target's text reaches, in file order. ONBUILD triggers of
// images may add more; stage() plans those when they turn up.
std::set<std::size_t> Planner::find_needed(std::size_t target) const {
  std::set<std::size_t> needed;
  std::vector<std::size_t> todo = {target};
  while (!todo.empty()) {
    const std::size_t index = todo.back();
    todo.pop_back();
    if (!needed.insert(index).second) continue;
    for (const std::string& name : names_used_by(index)) {
      if (name == "scratch") continue;  // which is never a stage
      std::optional<std::size_t> stage = find_stage(name, index);
      if (!stage && is_number(name) && name.size() < 9) {
        stage = std::stoul(name);
      }
      if (stage && *stage < index) todo.push_back(*stage);
    }
  }
  return needed;
}

std::vector<std::string> Planner::names_used_by(std::size_t index) const {
  const parser::Stage& stage = file_.tree.stages[index];
  const auto& instructions = file_.tree.instructions;
  std::vector<std::string> names = {
      expand_global({stage.base, instructions[stage.from].args.at(0).range})};
  for (std::size_t i = stage.from + 1;
       i < instructions.size() && instructions[i].keyword != Keyword::from;
       ++i) {
    for (const parser::Flag& flag : instructions[i].flags) {
      if (!flag.value) continue;
      if (flag.name == "from") names.push_back(lower_case(*flag.value));
      const std::size_t from = flag.value->find("from=");
      if (flag.name != "mount" || from == std::string::npos) continue;
      const std::string name = flag.value->substr(from + 5);
      names.push_back(lower_case(name.substr(0, name.find(','))));
    }
  }
  return names;
}

std::string Planner::expand_global(const parser::Word& word) const {
  try {
    return parser::expand_word(
        word.text, file_.tree.escape,
        [this](std::string_view name) -> std::optional<std::string> {
          const auto it = context_.globals.find(std::string(name));
          if (it == context_.globals.end()) return std::nullopt;
          return it->second;
        });
  } catch (const parser::SyntaxError& error) {
    throw error_at(file_, word, error);
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
        context_.globals[name] = expand_global(part_of(word, equals + 1));
      }
    }
  }
}

// SOURCE_DATE_EPOCH: --build-arg, else a global ARG's default; an empty one
// means none.
std::optional<std::chrono::sys_seconds> Planner::find_epoch() const {
  const std::string name = "SOURCE_DATE_EPOCH";
  auto it = options_.build_args.find(name);
  if (it == options_.build_args.end()) {
    it = context_.globals.find(name);
    if (it == context_.globals.end()) return std::nullopt;
  }
  const std::string& text = it->second;
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw base::Error(
        base::ErrorKind::usage,
        fmt::format("{} is \"{}\", not a number of seconds", name, text));
  }
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
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
  const std::string name = expand_global({stage.base, from.args.at(0).range});
  if (name.empty()) {
    throw error_at(file_, from.args[0].range,
                   fmt::format("\"{}\" expands to nothing", stage.base),
                   "give the ARG a default, or set it with --build-arg");
  }
  if (name == "scratch") return start_from_scratch();
  if (const auto earlier = find_stage(name, stage.index)) {
    return this->stage(*earlier);
  }
  check_platform(stage, from);
  return start_from_image(name, from, stage);
}

StageState Planner::start_from_scratch() const {
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
  const parser::Word word = value_of(*from.find_flag("platform"));
  const std::string platform = expand_global(word);
  if (is_own_platform(platform, options_.architecture)) return;
  throw error_at(file_, word.range,
                 fmt::format("building for platform \"{}\" on linux/{} is not "
                             "supported yet",
                             platform, options_.architecture),
                 {}, base::ErrorKind::unsupported);
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

// A stage's name, then where numbers are taken a stage's number.
std::optional<std::size_t> Planner::find_source_stage(
    const TreeRequest& request) {
  const auto& stages = file_.tree.stages;
  const auto refuse = [&](std::string_view reason, std::string hint) {
    return error_at(file_, request.range, reason, std::move(hint));
  };
  const std::string name = lower_case(request.name);
  std::optional<std::size_t> index = find_stage(name, request.stage);
  if (!index && request.takes_numbers && is_number(name)) {
    index = name.size() < 9 ? std::stoul(name) : stages.size();
    if (*index >= stages.size()) {
      throw refuse(
          fmt::format("there is no stage {}", name),
          fmt::format("stages are numbered from 0 to {}", stages.size() - 1));
    }
  }
  if (!index && stages[request.stage].name == name) index = request.stage;
  if (!index) index = find_stage(name, stages.size());
  if (index == request.stage) {
    throw refuse(fmt::format("stage \"{}\" copies from itself", request.name),
                 "a stage can use only stages above it");
  }
  if (index && *index > request.stage) {
    throw refuse(fmt::format("stage \"{}\" is not defined yet", request.name),
                 "a stage can use only stages above it");
  }
  return index;
}

TreeSource Planner::find_tree(const TreeRequest& request) {
  TreeSource source;
  source.name = request.name;
  source.kind = TreeSource::Kind::empty;
  if (lower_case(request.name) == "scratch") return source;
  if (const auto index = find_source_stage(request)) {
    const std::optional<std::size_t> tree = stage(*index).tree;
    if (!tree) return source;
    source.vertex = *tree;
  } else {
    ResolvedImage image = find_image(request.name, request.range);
    source.vertex = add_base(image, request.range, source.name);
  }
  source.kind = TreeSource::Kind::vertex;
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
  // Those of pruned stages count as well.
  std::set<std::string> declared = context_.declared;
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

std::string render_place(const Vertex& vertex) {
  if (vertex.step == 0) return fmt::format("[{}]", vertex.stage);
  return fmt::format("[{} {}/{}]", vertex.stage, vertex.step,
                     vertex.steps_of_stage);
}

Plan make_plan(const SourceFile& file, const PlanOptions& options,
               ImageSource& images) {
  check_frontend(file, options.build_args);
  return Planner(file, options, images).make();
}

}  // namespace builder

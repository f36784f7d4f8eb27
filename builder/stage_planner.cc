#include "builder/stage_planner.h"

#include <fmt/format.h>

#include <algorithm>

#include "builder/stage_names.h"
#include "parser/ascii.h"
#include "parser/url.h"
#include "parser/word.h"

namespace builder {
namespace {

// What progress shows of an instruction: its first line.
std::string title_of(const parser::Instruction& instruction) {
  std::string_view text = instruction.text;
  text = text.substr(0, text.find('\n'));
  return fmt::format("{} {}", parser::render_keyword(instruction.keyword),
                     parser::redact_credentials(text));
}

}  // namespace

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> parts;
  const bool is_absolute = path.starts_with('/');
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  std::string clean;
  for (const std::string_view part : parts) {
    if (is_absolute || !clean.empty()) clean += '/';
    clean += part;
  }
  if (is_absolute && clean.empty()) clean = "/";
  return clean;
}

void show_trigger(base::Error& error, std::string_view text) {
  if (error.message().find(text) != std::string::npos) return;
  text = text.substr(0, text.find('\n'));
  error.excerpt(fmt::format("{}     | ONBUILD {}\n", error.excerpt(), text));
}

std::size_t Graph::add(Vertex vertex) {
  std::string name = render_operation(vertex.operation);
  name += vertex.parent ? fmt::format("|{}", *vertex.parent) : "|";
  for (const std::size_t input : vertex.inputs) {
    name += fmt::format("|{}", input);
  }
  // A key knows a context by the content that is read, which is not known yet.
  for (const TreeSource& source : tree_sources(vertex.operation)) {
    if (source.kind == TreeSource::Kind::context) {
      name += fmt::format("|context {}", source.context);
    }
  }
  const auto [it, is_new] = known_.try_emplace(name, vertices_.size());
  if (is_new) vertices_.push_back(std::move(vertex));
  return it->second;
}

StagePlanner::StagePlanner(PlanContext& context, const parser::Stage& stage,
                           StageState start)
    : context_(context), stage_(stage), state_(std::move(start)) {
  // What a base brings counts as the first step; a stage's tree does not.
  if (state_.tree) {
    const Vertex& base = context_.graph.vertices()[*state_.tree];
    if (base.step == 0) own_vertices_.push_back(*state_.tree);
  }
}

void StagePlanner::apply(const parser::Instruction& instruction) {
  dispatch(instruction);
}

void StagePlanner::apply_trigger(std::string_view text,
                                 const parser::Range& from) {
  trigger_ = Trigger{std::string(text), from};
  try {
    dispatch(parser::parse_trigger(text));
  } catch (const parser::SyntaxError& fault) {
    throw error(from, fault.message(), fault.hint());
  } catch (base::Error& fault) {
    show_trigger(fault, text);
    throw;
  }
  trigger_.reset();
}

StageState StagePlanner::finish() {
  std::size_t step = 0;
  for (const std::size_t number : own_vertices_) {
    Vertex& vertex = context_.graph.vertices()[number];
    vertex.step = ++step;
    vertex.steps_of_stage = own_vertices_.size();
  }
  return std::move(state_);
}

// No process, environment or path can hold one; it would end the text there.
void StagePlanner::refuse_nul(const parser::Instruction& instruction) const {
  const auto refuse = [this](const parser::Range& range) {
    return error(range, "a NUL byte cannot be part of an instruction",
                 "is this file text?");
  };
  for (const parser::Word& word : instruction.args) {
    if (word.text.find('\0') != std::string::npos) throw refuse(word.range);
  }
  if (instruction.keyword != parser::Keyword::run) return;
  for (const parser::Heredoc& body : instruction.heredocs) {
    if (body.content.find('\0') != std::string::npos) throw refuse(body.range);
  }
}

void StagePlanner::dispatch(const parser::Instruction& instruction) {
  using parser::Keyword;
  current_ = &instruction;
  used_names_.clear();
  read_step_comments(instruction);
  refuse_nul(instruction);
  switch (instruction.keyword) {
    case Keyword::from:
      break;
    case Keyword::arg:
      return apply_arg(instruction);
    case Keyword::env:
      return apply_env(instruction);
    case Keyword::label:
      return apply_label(instruction);
    case Keyword::cmd:
      return apply_cmd(instruction);
    case Keyword::entrypoint:
      return apply_entrypoint(instruction);
    case Keyword::expose:
      return apply_expose(instruction);
    case Keyword::volume:
      return apply_volume(instruction);
    case Keyword::healthcheck:
      return apply_healthcheck(instruction);
    case Keyword::workdir:
      return apply_workdir(instruction);
    case Keyword::run:
      return apply_run(instruction);
    case Keyword::add:
    case Keyword::copy:
      return apply_copy(instruction);
    case Keyword::user:
    case Keyword::stopsignal:
    case Keyword::maintainer:
    case Keyword::shell:
    case Keyword::onbuild:
      return apply_word(instruction);
  }
}

parser::Lookup StagePlanner::lookup(const parser::Word& word) {
  return [this, &word](std::string_view name) {
    std::optional<std::string> value = state_.scope.find(name);
    used_names_.emplace(name);
    if (!value) lint_undefined(word, name);
    return value;
  };
}

std::string StagePlanner::expand(const parser::Word& word) {
  return read_value(word, [&] {
    return parser::expand_word(word.text, context_.file.tree.escape,
                               lookup(word));
  });
}

const parser::Range& StagePlanner::place(const parser::Range& range) const {
  return trigger_ ? trigger_->from : range;
}

// A trigger's text is in no file, so the message has to show it.
std::string StagePlanner::about(std::string_view message) const {
  if (!trigger_) return std::string(message);
  return fmt::format("ONBUILD trigger \"{}\" of the base: {}", trigger_->text,
                     message);
}

base::Error StagePlanner::error(const parser::Range& range,
                                std::string_view message,
                                std::string hint) const {
  return error_at(context_.file, place(range), about(message), std::move(hint));
}

base::Error StagePlanner::unsupported(const parser::Range& range,
                                      std::string_view what) const {
  return error_at(context_.file, place(range),
                  about(fmt::format("{} is not supported yet", what)), {},
                  base::ErrorKind::unsupported);
}

TreeSource StagePlanner::find_tree(std::string_view name,
                                   const parser::Range& range,
                                   bool takes_numbers) const {
  return context_.find_tree({name, stage_.index, place(range), takes_numbers});
}

void StagePlanner::add_vertex(const parser::Instruction& instruction,
                              Operation operation, std::string created_by) {
  Vertex vertex;
  for (const TreeSource& source : tree_sources(operation)) {
    if (source.kind == TreeSource::Kind::vertex) {
      vertex.inputs.push_back(source.vertex);
    }
  }
  vertex.operation = std::move(operation);
  vertex.parent = state_.tree;
  vertex.range = place(instruction.range);
  vertex.stage = stage_name_of(stage_);
  vertex.title = title_of(instruction);
  vertex.text =
      fmt::format("{} {}", parser::render_keyword(instruction.keyword),
                  parser::redact_credentials(instruction.text));
  vertex.variables = variables_of(vertex.operation);
  if (trigger_) {
    vertex.title.insert(0, "ONBUILD ");
    vertex.text.insert(0, "ONBUILD ");
  }
  const std::size_t before = context_.graph.vertices().size();
  const std::size_t number = context_.graph.add(std::move(vertex));
  if (number == before) own_vertices_.push_back(number);
  // One that a cached stage has too is made anew for both.
  Vertex& added = context_.graph.vertices()[number];
  added.is_uncached |= is_uncached();
  if (ttl_ && (!added.ttl || ttl_->duration < added.ttl->duration)) {
    added.ttl = ttl_;
  }
  state_.tree = number;
  PlannedHistory planned;
  planned.entry.created_by = std::move(created_by);
  planned.vertex = number;
  state_.history.push_back(std::move(planned));
}

std::vector<StepVariable> StagePlanner::variables_of(
    const Operation& operation) const {
  std::vector<StepVariable> variables;
  const auto add = [&](std::string_view name, std::string_view value) {
    variables.push_back({state_.scope.is_argument(name)
                             ? StepVariable::Kind::arg
                             : StepVariable::Kind::env,
                         std::string(name), std::string(value)});
  };
  if (const auto* exec = std::get_if<ExecOp>(&operation)) {
    for (const std::string_view pair : exec->env) {
      const std::size_t equals = pair.find('=');
      add(pair.substr(0, equals), pair.substr(equals + 1));
    }
    return variables;
  }
  for (const std::string& name : used_names_) {
    if (const auto value = state_.scope.find(name)) add(name, *value);
  }
  return variables;
}

bool StagePlanner::is_uncached() const {
  const PlanOptions& options = context_.options;
  const auto& names = options.uncached_stages;
  return !options.use_cache ||
         std::any_of(names.begin(), names.end(), [&](const auto& name) {
           return parser::equal_ignoring_case(name, stage_.name.value_or("")) ||
                  find_stage(context_.file.tree, name) == stage_.index;
         });
}

void StagePlanner::add_history(std::string created_by) {
  PlannedHistory planned;
  planned.entry.created_by = std::move(created_by);
  planned.entry.empty_layer = true;
  state_.history.push_back(std::move(planned));
}

std::vector<std::string> StagePlanner::shell() const {
  if (!state_.config.config.shell.empty()) return state_.config.config.shell;
  return {"/bin/sh", "-c"};
}

std::string StagePlanner::working_dir() const {
  return clean_path("/" + state_.config.config.working_dir);
}

std::string StagePlanner::absolute(std::string_view path) const {
  if (path.starts_with('/')) return clean_path(path);
  return clean_path(fmt::format("{}/{}", working_dir(), path));
}

}  // namespace builder

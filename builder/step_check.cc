#include "builder/step_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "builder/missing_source.h"
#include "builder/step_error.h"

namespace builder {

using parser::MountType;

StepCheck::StepCheck(const SourceFile& file, const ExecEnvironment& environment,
                     Progress& progress)
    : file_(file), environment_(environment), progress_(progress) {}

void StepCheck::check(const Plan& plan) {
  vertices_ = &plan.vertices;
  for (const Vertex& vertex : plan.vertices) {
    parser::Range range = vertex.range;
    try {
      if (const auto* copy = std::get_if<CopyOp>(&vertex.operation)) {
        check_copy(vertex, *copy, range);
      } else if (const auto* exec = std::get_if<ExecOp>(&vertex.operation)) {
        check_mounts(*exec);
      }
    } catch (const base::Error& error) {
      throw locate_error(file_, vertex, range, error);
    }
  }
}

void StepCheck::check_copy(const Vertex& vertex, const CopyOp& op,
                           parser::Range& range) {
  const auto is_context = [](const CopySource& source) {
    return source.from.kind == TreeSource::Kind::context;
  };
  if (std::none_of(op.sources.begin(), op.sources.end(), is_context)) return;
  Selection selection = select_files(op, [&](std::size_t source) {
    const TreeSource& from = op.sources[source].from;
    return is_context(op.sources[source])
               ? &environment_.contexts.at(from.context).tree()
               : nullptr;
  });
  if (selection.missing) {
    const TreeSource& from = op.sources[selection.missing->source].from;
    throw_missing(vertex, *selection.missing,
                  environment_.contexts.at(from.context).tree(), range);
  }
  warn_of_hidden_matches(op, selection);
  if (std::all_of(op.sources.begin(), op.sources.end(), is_context)) {
    checked_.lock()->insert_or_assign(&op, std::move(selection));
  }
}

// A wildcard may match nothing, but seldom is meant to when an ignore rule is
// why.
void StepCheck::warn_of_hidden_matches(const CopyOp& op,
                                       const Selection& selection) {
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    const CopySource& source = op.sources[i];
    const bool is_matched = std::any_of(
        selection.matches.begin(), selection.matches.end(),
        [i](const SourceMatch& match) { return match.source == i; });
    if (is_matched || source.from.kind != TreeSource::Kind::context) continue;
    const parser::PathPattern pattern(source.path,
                                      parser::DoubleStar::one_part);
    const std::string reason =
        environment_.contexts.at(source.from.context).explain_no_match(pattern);
    if (reason.empty()) continue;
    progress_.warning(fmt::format("{}:{}: \"{}\" matches nothing; {}",
                                  file_.name, source.range.start.line,
                                  source.path, reason));
  }
}

void StepCheck::check_mounts(const ExecOp& op) {
  for (const ExecMount& mount : op.mounts) {
    const parser::MountOption& option = mount.option;
    const bool is_context_bind = option.type == MountType::bind &&
                                 mount.source.kind == TreeSource::Kind::context;
    if (!is_context_bind) continue;
    BuildContext& context = environment_.contexts.at(mount.source.context);
    if (!find_tree_match(context.tree(), option.source.value_or(""))) {
      throw missing_mount_source(mount, environment_.contexts, context.tree());
    }
  }
}

std::optional<Selection> StepCheck::take_selection(const CopyOp& op) {
  auto checked = checked_.lock()->extract(&op);
  if (checked.empty()) return std::nullopt;
  return std::move(checked.mapped());
}

void StepCheck::check_miss(std::size_t number) {
  if (vertices_ == nullptr) return;
  check_limits();
  check_credentials_above(number);
}

// Once, when the first step has to be made: no step is made for nothing, and a
// build that has all of them needs no limits.
void StepCheck::check_limits() {
  if (has_checked_limits_) return;
  has_checked_limits_ = true;
  for (const Vertex& vertex : *vertices_) {
    if (const auto* exec = std::get_if<ExecOp>(&vertex.operation)) {
      return environment_.executor.check_limits(exec->settings.limits);
    }
  }
}

// A step that stands on one that has to run will have to run too: what it will
// lack can be said now, not after minutes. A step that is cached needs none.
void StepCheck::check_credentials_above(std::size_t number) {
  const std::vector<Vertex>& vertices = *vertices_;
  std::vector<bool> runs(vertices.size());
  runs[number] = true;
  for (std::size_t i = number; i < vertices.size(); ++i) {
    const Vertex& vertex = vertices[i];
    runs[i] = runs[i] || (vertex.parent && runs[*vertex.parent]);
    const auto* exec = std::get_if<ExecOp>(&vertex.operation);
    if (!runs[i] || exec == nullptr) continue;
    try {
      check_credentials(*exec, environment_.credentials);
    } catch (const base::Error& error) {
      base::Error located = locate_error(file_, vertex, vertex.range, error);
      if (i == number) throw located;
      throw StepError(i, std::move(located));
    }
  }
}

void StepCheck::throw_missing(const Vertex& vertex,
                              const MissingSource& missing,
                              const store::MergedTree& tree,
                              parser::Range& range) const {
  const auto& copy = std::get<CopyOp>(vertex.operation);
  const CopySource& source = copy.sources[missing.source];
  range = source.range;
  if (source.from.kind == TreeSource::Kind::context) {
    BuildContext& context = environment_.contexts.at(source.from.context);
    throw missing_source(copy, missing, tree, context.title(),
                         context.explain_absence(missing.path));
  }
  throw missing_source(copy, missing, tree,
                       fmt::format("\"{}\"", source.from.name), {});
}

}  // namespace builder

// What can be told before anything runs, and where errors stand in the file.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "builder/layer_builder.h"
#include "builder/missing_source.h"
#include "builder/step_error.h"

namespace builder {

using parser::MountType;

// Gives an error that came out of a step the place of its instruction.
// A trigger's text is in no file, so the message shows it.
base::Error LayerBuilder::locate(const Vertex& vertex,
                                 const parser::Range& range,
                                 const base::Error& error) const {
  const std::string message =
      vertex.title.starts_with("ONBUILD ")
          ? fmt::format("{} of the base: {}", vertex.title, error.message())
          : error.message();
  base::Error located = error_at(file_, range, message, error.hint(),
                                 error.kind() == base::ErrorKind::invalid_input
                                     ? base::ErrorKind::invalid_dockerfile
                                     : error.kind());
  return std::move(located).excerpt(located.excerpt() + error.excerpt());
}

void LayerBuilder::check(const Plan& plan) {
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
      throw locate(vertex, range, error);
    }
  }
}

void LayerBuilder::check_copy(const Vertex& vertex, const CopyOp& op,
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
void LayerBuilder::warn_of_hidden_matches(const CopyOp& op,
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

void LayerBuilder::check_mounts(const ExecOp& op) {
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

// Once, when the first step has to be made: no step is made for nothing, and a
// build that has all of them needs no limits.
void LayerBuilder::check_limits() {
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
void LayerBuilder::check_credentials_above(std::size_t number) {
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
      base::Error located = locate(vertex, vertex.range, error);
      if (i == number) throw located;
      throw StepError(i, std::move(located));
    }
  }
}

// Points `range` at the word that names the source.
void LayerBuilder::throw_missing(const Vertex& vertex,
                                 const MissingSource& missing,
                                 const store::MergedTree& tree,
                                 parser::Range& range) {
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

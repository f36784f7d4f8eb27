#include "builder/step_key.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "builder/context_change.h"
#include "builder/missing_source.h"
#include "builder/source_trees.h"

namespace builder {
namespace {

// "files sha256:… mount /src sha256:…"
std::string list_inputs(const CacheKey& key) {
  std::string list;
  for (const auto& [name, content] : key.inputs()) {
    list +=
        fmt::format("{}{} {}", list.empty() ? "" : " ", name, content.str());
  }
  return list;
}

}  // namespace

StepKeys::StepKeys(const ExecEnvironment& environment, StepCheck& check)
    : environment_(environment), check_(check) {}

// --link: as if on nothing.
Snapshot StepKeys::parent_of(const Operation& operation,
                             const StepInputs& inputs) {
  return reads_parent(operation) ? inputs.parent : Snapshot();
}

StepKey StepKeys::make(const Vertex& vertex, const StepInputs& inputs) {
  base::Span span(environment_.trace, "step", "key");
  StepKey made{CacheKey(vertex.operation,
                        parent_of(vertex.operation, inputs).content())};
  if (const auto* copy = std::get_if<CopyOp>(&vertex.operation)) {
    add_copy_input(*copy, inputs, made);
  } else if (const auto* exec = std::get_if<ExecOp>(&vertex.operation)) {
    add_mount_inputs(*exec, inputs, made);
  }
  if (span.is_on()) {
    span.add("key", made.key.digest());
    span.add("operation", made.key.operation());
    span.add("parent", made.key.parent());
    span.add("inputs", list_inputs(made.key));
  }
  return made;
}

void StepKeys::add_copy_input(const CopyOp& op, const StepInputs& inputs,
                              StepKey& made) {
  if (op.sources.empty()) return;
  if (auto checked = check_.take_selection(op)) {
    made.selection = std::move(*checked);
  } else {
    SourceTrees trees(op, inputs, environment_.contexts,
                      environment_.store.layers());
    made.selection = select_files(
        op, [&trees](std::size_t source) { return &trees.tree(source); });
  }
  if (made.selection.missing) return;
  for (SourceMatch& match : made.selection.matches) {
    const TreeSource& from = op.sources[match.source].from;
    if (from.kind != TreeSource::Kind::context) continue;
    BuildContext& context = environment_.contexts.at(from.context);
    context.fill_content(match);
    made.context_copies.emplace_back(&context, &match);
  }
  made.key.add_input("files", copy_digest(op, made.selection));
}

void StepKeys::add_mount_inputs(const ExecOp& op, const StepInputs& inputs,
                                StepKey& made) {
  std::size_t input = 0;
  for (const ExecMount& mount : op.mounts) {
    if (!reads_tree(mount)) continue;
    const std::string source = mount.option.source.value_or("");
    BuildContext* const context =
        mount.source.kind == TreeSource::Kind::context
            ? &environment_.contexts.at(mount.source.context)
            : nullptr;
    std::optional<SourceMatch> match;
    if (context != nullptr) {
      match = find_tree_match(context->tree(), source);
      if (!match) {
        throw missing_mount_source(mount, environment_.contexts,
                                   context->tree());
      }
      context->fill_content(*match);
    } else {
      const bool is_vertex = mount.source.kind == TreeSource::Kind::vertex;
      const Snapshot snapshot =
          is_vertex ? *inputs.trees.at(input++) : Snapshot();
      const store::MergedTree tree = tree_of(snapshot);
      match = find_tree_match(tree, source);
      if (!match) {
        throw missing_mount_source(mount, environment_.contexts, tree);
      }
    }
    made.key.add_input("mount " + mount.target, mount_digest(*match));
    if (context != nullptr) {
      made.context_mounts.emplace_back(context, std::move(*match));
    } else {
      made.stage_mounts.push_back(std::move(*match));
    }
  }
}

// Reads the indexes of the base's layers, so it is left until the key alone has
// not been enough: a build that only hits pays nothing for it.
void StepKeys::look_at_base(const Vertex& vertex, const StepInputs& inputs,
                            StepKey& made) {
  const auto* copy = std::get_if<CopyOp>(&vertex.operation);
  const auto* workdir = std::get_if<WorkDirOp>(&vertex.operation);
  if (copy == nullptr && workdir == nullptr) return;
  const base::Span span(environment_.trace, "step", "view");
  store::MergedTree base = tree_of(parent_of(vertex.operation, inputs));
  made.view = copy != nullptr
                  ? view_copy(*copy, made.selection, std::move(base))
                  : view_workdir(*workdir, base);
  // On nothing, the first key has nothing of a base already.
  if (made.view->digest && reads_parent(vertex.operation)) {
    made.view_key = made.key.on(*made.view->digest);
  }
}

// Where the files of a COPY's source, or a mount, come from, for people.
InputMatch StepKeys::name_match(const TreeSource& from,
                                const SourceMatch& match) const {
  if (from.kind == TreeSource::Kind::context) {
    return {&match, "",
            from.context == 0 ? "" : fmt::format(" of {}", from.name),
            &environment_.contexts.at(from.context)};
  }
  if (from.kind == TreeSource::Kind::vertex && check_.vertices() != nullptr) {
    const Operation& source = check_.vertices()->at(from.vertex).operation;
    if (std::holds_alternative<BaseOp>(source)) {
      return {&match, "/", fmt::format(" of image {}", from.name)};
    }
    const bool is_fetched = std::holds_alternative<HttpOp>(source) ||
                            std::holds_alternative<GitOp>(source);
    if (is_fetched) return {&match, "", fmt::format(" of {}", from.name)};
  }
  return {&match, "/", fmt::format(" of stage {}", from.name)};
}

std::vector<KeyInput> StepKeys::inputs_of(const Vertex& vertex,
                                          const StepKey& made) const {
  std::vector<KeyInput> inputs;
  for (const auto& [name, digest] : made.key.inputs()) {
    inputs.push_back({name, digest});
  }
  if (inputs.empty()) return inputs;
  if (const auto* copy = std::get_if<CopyOp>(&vertex.operation)) {
    inputs.front().copy = copy;
    for (const SourceMatch& match : made.selection.matches) {
      inputs.front().matches.push_back(
          name_match(copy->sources[match.source].from, match));
    }
    return inputs;
  }
  const auto* exec = std::get_if<ExecOp>(&vertex.operation);
  if (exec == nullptr) return inputs;
  auto input = inputs.begin();
  auto context_mount = made.context_mounts.begin();
  auto stage_mount = made.stage_mounts.begin();
  for (const ExecMount& mount : exec->mounts) {
    if (!reads_tree(mount)) continue;
    const SourceMatch& match = mount.source.kind == TreeSource::Kind::context
                                   ? (context_mount++)->second
                                   : *stage_mount++;
    (input++)->matches.push_back(name_match(mount.source, match));
  }
  return inputs;
}

std::string find_context_change(const StepKey& made) {
  auto reads = made.context_copies;
  for (const auto& [context, match] : made.context_mounts) {
    reads.emplace_back(context, &match);
  }
  for (const auto& [context, match] : reads) {
    std::string changed = context->find_change(*match);
    if (!changed.empty()) return changed;
  }
  for (const auto& [context, match] : made.context_mounts) {
    // Else it was shown a copy of what was walked.
    if (!context->is_plain_below(match.path)) continue;
    std::string changed = find_shape_change(context->directory(), match);
    if (!changed.empty()) return changed;
  }
  return {};
}

store::MergedTree StepKeys::tree_of(const Snapshot& snapshot) const {
  return environment_.store.layers().merged(snapshot.diff_ids());
}

}  // namespace builder

#include "builder/layer_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "builder/missing_source.h"
#include "builder/source_trees.h"

namespace builder {
namespace {

using parser::MountType;

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

LayerBuilder::LayerBuilder(const SourceFile& file,
                           const ExecEnvironment& environment,
                           Progress& progress, LayerBuilderOptions options)
    : file_(file),
      environment_(environment),
      progress_(progress),
      options_(std::move(options)),
      layers_in_use_(environment.store) {}

void LayerBuilder::add_place(base::Span& span, std::string_view phase,
                             std::size_t number, const Vertex& vertex) {
  if (!span.is_on()) return;
  span.add("phase", phase);
  span.add("step", fmt::format("#{} {}", number + 1, render_place(vertex)));
  span.is_work(number);
  if (phase == "run") return;  // it needs its look-up, which needs the others
  if (vertex.parent) span.needs(*vertex.parent);
  for (const std::size_t input : vertex.inputs) span.needs(input);
}

Lookup LayerBuilder::find(std::size_t number, const Vertex& vertex,
                          const StepInputs& inputs) {
  parser::Range range = vertex.range;
  base::Span span(environment_.trace, "step", vertex.title);
  add_place(span, "look up", number, vertex);
  CacheMiss outcome;
  try {
    if (const auto* base = std::get_if<BaseOp>(&vertex.operation)) {
      return run_base(*base);
    }
    Miss miss = make_key(number, vertex, inputs);
    keys_.lock()->insert_or_assign(number, miss.key.digest());
    std::string obstacle;
    if (miss.selection.missing) {
      SourceTrees trees(std::get<CopyOp>(vertex.operation), inputs,
                        environment_.contexts, environment_.store.layers());
      throw_missing(vertex, *miss.selection.missing,
                    trees.tree(miss.selection.missing->source), range);
    }
    if (environment_.servers == Servers::left_alone ||
        !asks_server(vertex.operation)) {
      Found found = look_up(vertex, miss.key);
      if (found.record) {
        return hit(number, std::move(miss.key), *found.record, inputs);
      }
      obstacle = std::move(found.obstacle);
      // Its base's indexes would have to be read first.
      if (stands_on_import(inputs)) {
        if (auto found_elsewhere = find_import(vertex, miss.key, inputs)) {
          note_hit(number, std::move(miss.key));
          return *found_elsewhere;
        }
      }
    }
    look_at_base(vertex, inputs, miss);
    if (miss.view_key) {
      Found found = look_up(vertex, *miss.view_key);
      if (found.record) {
        // The next build need not look at the base.
        if (options_.writes) record(miss.key, *found.record);
        return hit(number, std::move(miss.key), *found.record, inputs);
      }
      if (obstacle.empty()) obstacle = std::move(found.obstacle);
    }
    if (auto found_elsewhere = find_import(vertex, miss, inputs)) {
      note_hit(number, std::move(miss.key));
      return *found_elsewhere;
    }
    options_.last_build.note_key(number, miss.key);
    miss.outcome =
        options_.last_build.explain(number, obstacle, inputs_of(vertex, miss));
    span.add("because", miss.outcome.reason);
    outcome = miss.outcome;
    if (!options_.writes) return outcome;
    refuse_miss(vertex, outcome);
    if (options_.before_first_miss) {
      std::exchange(options_.before_first_miss, nullptr)();
    }
    layers_in_use_.write_down(options_.logs.filename().native());
    misses_.lock()->insert_or_assign(number, std::move(miss));
  } catch (const base::Error& error) {
    throw locate(vertex, range, error);
  }
  if (vertices_ != nullptr) {
    check_limits();
    check_credentials_above(number);
  }
  return outcome;
}

StepResult LayerBuilder::result_of(const store::CacheRecord& record,
                                   const StepInputs& inputs,
                                   IsCached is_cached) {
  StepResult result;
  result.snapshot = inputs.parent;
  result.snapshot.layers.push_back({record.diff_id, record.stable_digest});
  result.created = record.created;
  if (is_cached == IsCached::yes) {
    result.hit = CacheHit{record.recorded, record.elapsed};
  }
  return result;
}

StepResult LayerBuilder::run_base(const BaseOp& op) {
  StepResult result;
  result.hit = CacheHit();
  const auto moment = layers_in_use_.moment();
  for (const base::Digest& diff_id : op.diff_ids) {
    layers_in_use_.add(diff_id);
    const auto layer = find_layer(diff_id);
    if (!layer) {
      throw base::Error(base::ErrorKind::not_found,
                        fmt::format("layer {} of {} is not in the store",
                                    diff_id.str(), op.reference));
    }
    result.snapshot.layers.push_back({layer->diff_id, layer->stable_digest});
  }
  return result;
}

LayerBuilder::Miss LayerBuilder::make_key(std::size_t number,
                                          const Vertex& vertex,
                                          const StepInputs& inputs) {
  base::Span span(environment_.trace, "step", "key");
  Miss miss{CacheKey(vertex.operation,
                     parent_of(vertex.operation, inputs).content())};
  miss.number = number;
  if (const auto* copy = std::get_if<CopyOp>(&vertex.operation)) {
    add_copy_input(*copy, inputs, miss);
  } else if (const auto* exec = std::get_if<ExecOp>(&vertex.operation)) {
    add_mount_inputs(*exec, inputs, miss);
  }
  if (span.is_on()) {
    span.add("key", miss.key.digest());
    span.add("operation", miss.key.operation());
    span.add("parent", miss.key.parent());
    span.add("inputs", list_inputs(miss.key));
  }
  return miss;
}

void LayerBuilder::add_copy_input(const CopyOp& op, const StepInputs& inputs,
                                  Miss& miss) {
  if (op.sources.empty()) return;
  if (auto checked = checked_.lock()->extract(&op); !checked.empty()) {
    miss.selection = std::move(checked.mapped());
  } else {
    SourceTrees trees(op, inputs, environment_.contexts,
                      environment_.store.layers());
    miss.selection = select_files(
        op, [&trees](std::size_t source) { return &trees.tree(source); });
  }
  if (miss.selection.missing) return;
  for (SourceMatch& match : miss.selection.matches) {
    const TreeSource& from = op.sources[match.source].from;
    if (from.kind != TreeSource::Kind::context) continue;
    BuildContext& context = environment_.contexts.at(from.context);
    context.fill_content(match);
    miss.context_copies.emplace_back(&context, &match);
  }
  miss.key.add_input("files", copy_digest(op, miss.selection));
}

void LayerBuilder::add_mount_inputs(const ExecOp& op, const StepInputs& inputs,
                                    Miss& miss) {
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
    miss.key.add_input("mount " + mount.target, mount_digest(*match));
    if (context != nullptr) {
      miss.context_mounts.emplace_back(context, std::move(*match));
    } else {
      miss.stage_mounts.push_back(std::move(*match));
    }
  }
}

}  // namespace builder

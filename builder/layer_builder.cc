#include "builder/layer_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "builder/absent_layers.h"
#include "builder/source_trees.h"
#include "builder/step_error.h"

namespace builder {

LayerBuilder::LayerBuilder(const SourceFile& file,
                           const ExecEnvironment& environment,
                           Progress& progress, LayerBuilderOptions options)
    : file_(file),
      environment_(environment),
      progress_(progress),
      options_(std::move(options)),
      check_(file, environment_, progress),
      step_keys_(environment_, check_),
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

// What was made under its key, or under what it sees of its base, here or in an
// imported cache; else `obstacle` is why what there is cannot be taken.
std::optional<StepResult> LayerBuilder::find_result(const Vertex& vertex,
                                                    const StepInputs& inputs,
                                                    Miss& miss,
                                                    std::string& obstacle) {
  if (environment_.servers == Servers::left_alone ||
      !asks_server(vertex.operation)) {
    Found found = look_up(vertex, miss.key);
    if (found.record) {
      return hit(miss.number, std::move(miss.key), *found.record, inputs);
    }
    obstacle = std::move(found.obstacle);
    // Its base's indexes would have to be read first.
    if (stands_on_import(inputs)) {
      if (auto imported = find_import(vertex, miss.key, inputs, obstacle)) {
        note_hit(miss.number, std::move(miss.key));
        return imported;
      }
    }
  }
  step_keys_.look_at_base(vertex, inputs, miss);
  if (miss.view_key) {
    Found found = look_up(vertex, *miss.view_key);
    if (found.record) {
      // The next build need not look at the base.
      if (options_.writes) record(miss.key, *found.record);
      return hit(miss.number, std::move(miss.key), *found.record, inputs);
    }
    if (obstacle.empty()) obstacle = std::move(found.obstacle);
  }
  auto imported = find_import(vertex, miss, inputs, obstacle);
  if (imported) note_hit(miss.number, std::move(miss.key));
  return imported;
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
    Miss miss{step_keys_.make(vertex, inputs), number, {}};
    keys_.lock()->insert_or_assign(number, miss.key.digest());
    if (miss.selection.missing) {
      SourceTrees trees(std::get<CopyOp>(vertex.operation), inputs,
                        environment_.contexts, environment_.store.layers());
      check_.throw_missing(vertex, *miss.selection.missing,
                           trees.tree(miss.selection.missing->source), range);
    }
    std::string obstacle;
    if (auto result = find_result(vertex, inputs, miss, obstacle)) {
      return std::move(*result);
    }
    options_.last_build.note_key(number, miss.key);
    miss.outcome = options_.last_build.explain(
        number, obstacle, step_keys_.inputs_of(vertex, miss));
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
    throw locate_error(file_, vertex, range, error);
  }
  check_.check_miss(number);
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
  fetch_bases(op);
  const auto moment = layers_in_use_.moment();
  for (const base::Digest& diff_id : op.diff_ids) {
    layers_in_use_.add(diff_id);
    const auto layer = find_layer(diff_id);
    if (!layer && !knows_absent(diff_id)) {
      throw base::Error(base::ErrorKind::not_found,
                        fmt::format("layer {} of {} is not in the store",
                                    diff_id.str(), op.reference));
    }
    result.snapshot.layers.push_back(
        {diff_id, layer ? layer->stable_digest : find_stable(diff_id)});
  }
  return result;
}

bool LayerBuilder::knows_absent(const base::Digest& diff_id) const {
  return environment_.absent != nullptr && environment_.absent->has(diff_id);
}

// Of one that is not here. Unset where nobody knows it: nothing stands on it
// then, or reads it, that would want to be looked up.
base::Digest LayerBuilder::find_stable(const base::Digest& diff_id) const {
  return environment_.absent->find_stable(diff_id).value_or(base::Digest());
}

// Where steps cannot be looked up without: all that are needed, of every base,
// at once.
void LayerBuilder::fetch_bases(const BaseOp& op) {
  const auto is_unknown = [&](const base::Digest& diff_id) {
    return read_bases_.contains(diff_id) &&
           !environment_.store.layers().has_files(diff_id) &&
           knows_absent(diff_id) && !find_stable(diff_id).is_set();
  };
  if (std::none_of(op.diff_ids.begin(), op.diff_ids.end(), is_unknown)) return;
  if (options_.writes) {
    layers_in_use_.write_down(options_.logs.filename().native());
  }
  std::vector<base::Digest> unknown;
  for (const base::Digest& diff_id : read_bases_) {
    if (!is_unknown(diff_id)) continue;
    layers_in_use_.add(diff_id);
    unknown.push_back(diff_id);
  }
  environment_.absent->fetch(unknown);
}

// Bases whose content is in some step's key. That of a COPY --link has nothing
// of what it is put on; what is put on that has all below.
void LayerBuilder::check(const Plan& plan) {
  std::vector<bool> is_read(plan.vertices.size(), false);
  const auto read = [&](std::optional<std::size_t> at) {
    for (; at && !is_read[*at]; at = plan.vertices[*at].parent) {
      is_read[*at] = true;
      const auto* base = std::get_if<BaseOp>(&plan.vertices[*at].operation);
      if (base == nullptr) continue;
      read_bases_.insert(base->diff_ids.begin(), base->diff_ids.end());
    }
  };
  for (const Vertex& vertex : plan.vertices) {
    if (reads_parent(vertex.operation)) read(vertex.parent);
    for (const std::size_t input : vertex.inputs) read(input);
  }
  check_.check(plan);
}

}  // namespace builder

// What builds elsewhere have made of a step (cache_imports.h).
#include <fmt/format.h>

#include <utility>

#include "builder/absent_layers.h"
#include "builder/cache_imports.h"
#include "builder/layer_builder.h"

namespace builder {

std::optional<StepResult> LayerBuilder::find_import(const Vertex& vertex,
                                                    const CacheKey& key,
                                                    const StepInputs& inputs,
                                                    std::string& obstacle) {
  CacheImports* const imports = environment_.imports;
  if (imports == nullptr || vertex.is_uncached) return std::nullopt;
  const auto found = imports->find(
      key.digest(), std::holds_alternative<ExecOp>(vertex.operation)
                        ? CacheImports::DigestOf::layer_or_times
                        : CacheImports::DigestOf::layer);
  if (!found) return std::nullopt;
  store::CacheRecord record = record_of(found->step);
  const std::string expiry = find_expiry(vertex, record.recorded,
                                         fmt::format(", in {}", found->origin));
  if (!expiry.empty()) {
    if (obstacle.empty()) obstacle = expiry;
    return std::nullopt;
  }
  // What the cache says of its key is not asked for.
  record.operation = key.operation();
  record.parent = key.parent();
  record.parts = options_.last_build.render_parts(key);
  if (options_.writes) {
    layers_in_use_.write_down(options_.logs.filename().native());
  }
  layers_in_use_.add(record.diff_id);
  imports->keep(record);
  StepResult result = result_of(record, inputs, IsCached::yes);
  result.hit->origin = found->origin;
  return result;
}

std::optional<StepResult> LayerBuilder::find_import(const Vertex& vertex,
                                                    const Miss& miss,
                                                    const StepInputs& inputs,
                                                    std::string& obstacle) {
  // What a server says of a file is asked of the server.
  if (asks_server(vertex.operation)) return std::nullopt;
  if (auto hit = find_import(vertex, miss.key, inputs, obstacle)) return hit;
  if (!miss.view_key) return std::nullopt;
  return find_import(vertex, *miss.view_key, inputs, obstacle);
}

bool LayerBuilder::stands_on_import(const StepInputs& inputs) const {
  if (environment_.imports == nullptr) return false;
  for (const LayerId& layer : inputs.parent.layers) {
    if (!environment_.store.layers().find(layer.diff_id)) return true;
  }
  return false;
}

// A RUN stands on all its layers and mounts; what else reads trees opens the
// files it wants, and with them their layers.
void LayerBuilder::fetch_inputs(const Vertex& vertex,
                                const StepInputs& inputs) {
  if (environment_.absent == nullptr) return;
  if (!std::holds_alternative<ExecOp>(vertex.operation)) return;
  Snapshot all = inputs.parent;
  for (const Snapshot* tree : inputs.trees) {
    all.layers.insert(all.layers.end(), tree->layers.begin(),
                      tree->layers.end());
  }
  environment_.absent->fetch(all.diff_ids());
}

}  // namespace builder

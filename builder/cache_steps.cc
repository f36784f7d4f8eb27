// Which records go out with a build.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "builder/cache_export.h"

namespace builder {
namespace {

constexpr int kMostRecords = 1000;  // of one operation, on many bases

store::CachedStep step_of(const store::CacheRecord& record, std::string title) {
  return {.key = record.key,
          .operation = record.operation,
          .parent = record.parent,
          .diff_id = record.diff_id,
          .stable_digest = record.stable_digest,
          .created = record.created,
          .recorded = record.recorded,
          .elapsed = record.elapsed,
          .used = {},
          .title = std::move(title)};
}

// The vertices whose layers are in the result: those it stands on.
std::set<std::size_t> chain_of(const Plan& plan) {
  std::set<std::size_t> chain;
  for (auto at = plan.result; at; at = plan.vertices[*at].parent) {
    chain.insert(*at);
  }
  return chain;
}

bool makes_layer(const Vertex& vertex, const StepResult& result) {
  return !std::holds_alternative<BaseOp>(vertex.operation) &&
         !result.snapshot.layers.empty();
}

// Those of a vertex's operation that lead to this layer, under whichever key.
std::vector<store::CacheRecord> records_of(store::Store& store,
                                           const CacheImports* imports,
                                           const Vertex& vertex,
                                           const base::Digest& diff_id) {
  const base::Digest operation = operation_digest(vertex.operation);
  // A tree of git's is recorded by its commit, which the plan does not know.
  const bool is_git = std::holds_alternative<GitOp>(vertex.operation);
  std::vector<store::CacheRecord> records =
      is_git ? store.cache().find_layer(diff_id)
             : store.cache().find_operation(operation, kMostRecords);
  if (imports != nullptr) {
    std::vector<store::CacheRecord> more = imports->waiting(diff_id);
    std::move(more.begin(), more.end(), std::back_inserter(records));
  }
  std::erase_if(records, [&](const store::CacheRecord& record) {
    return record.diff_id != diff_id ||
           (!is_git && record.operation != operation);
  });
  return records;
}

// A layer without its bytes, as it is here or as a cache has it.
std::optional<store::CachedLayer> describe_layer(store::Store& store,
                                                 const CacheImports* imports,
                                                 const base::Digest& diff_id) {
  store::CachedLayer described;
  described.diff_id = diff_id;
  if (const auto here = store.layers().find(diff_id)) {
    described.stable_digest = here->stable_digest;
    described.tar_bytes = here->tar_bytes;
    return described;
  }
  if (imports == nullptr) return std::nullopt;
  const auto found = imports->find_described(diff_id);
  if (!found) return std::nullopt;
  described.stable_digest = found->layer.stable_digest;
  described.tar_bytes = found->layer.tar_bytes;
  return described;
}

}  // namespace

std::vector<store::CachedStep> collect_steps(
    const Plan& plan, std::span<const StepResult> results, CacheMode mode,
    store::Store& store, const CacheImports* imports) {
  const std::set<std::size_t> chain = chain_of(plan);
  std::vector<store::CachedStep> steps;
  for (std::size_t i = 0; i < plan.vertices.size(); ++i) {
    const Vertex& vertex = plan.vertices[i];
    if (mode == CacheMode::min && !chain.contains(i)) continue;
    if (!makes_layer(vertex, results[i])) continue;
    const base::Digest& diff_id = results[i].snapshot.layers.back().diff_id;
    for (const auto& record : records_of(store, imports, vertex, diff_id)) {
      steps.push_back(step_of(record, vertex.title));
    }
  }
  return steps;
}

std::set<base::Digest> collect_bases(const Plan& plan,
                                     std::span<const StepResult> results,
                                     CacheMode mode) {
  const std::set<std::size_t> chain = chain_of(plan);
  std::set<base::Digest> bases;
  for (std::size_t i = 0; i < plan.vertices.size(); ++i) {
    if (mode == CacheMode::min && !chain.contains(i)) continue;
    if (!std::holds_alternative<BaseOp>(plan.vertices[i].operation)) continue;
    for (const LayerId& layer : results[i].snapshot.layers) {
      bases.insert(layer.diff_id);
    }
  }
  return bases;
}

std::string render_inline_cache(const Plan& plan,
                                std::span<const StepResult> results,
                                const std::map<std::size_t, base::Digest>& keys,
                                store::Store& store,
                                const CacheImports* imports) {
  store::CacheIndex index;
  for (const std::size_t i : chain_of(plan)) {
    const auto key = keys.find(i);
    if (!makes_layer(plan.vertices[i], results[i]) || key == keys.end()) {
      continue;
    }
    const base::Digest& diff_id = results[i].snapshot.layers.back().diff_id;
    for (const auto& record :
         records_of(store, imports, plan.vertices[i], diff_id)) {
      if (record.key != key->second) continue;
      auto layer = describe_layer(store, imports, diff_id);
      if (!layer) continue;
      store::CachedStep step = step_of(record, plan.vertices[i].title);
      // What a clock said must not be part of an image that can be made again.
      if (plan.epoch) {
        step.created = step.recorded = *plan.epoch;
        step.elapsed = {};
      }
      // Nor when it was of use last, of any.
      step.used = step.recorded;
      index.layers[diff_id] = std::move(*layer);
      index.records.insert_or_assign(step.key, std::move(step));
    }
  }
  const auto used = plan.epoch.value_or(std::chrono::sys_seconds());
  for (const base::Digest& diff_id :
       collect_bases(plan, results, CacheMode::min)) {
    auto layer = describe_layer(store, imports, diff_id);
    if (layer) index.bases[diff_id] = {std::move(*layer), used};
  }
  return store::render_cache_index(index);
}

std::vector<store::CachedStep> collect_records(
    store::Store& store, const std::set<base::Digest>& diff_ids) {
  std::vector<store::CachedStep> steps;
  for (const store::CacheRecord& record : store.cache().list()) {
    if (!record.diff_id.is_set()) continue;
    if (!diff_ids.empty() && !diff_ids.contains(record.diff_id)) continue;
    steps.push_back(step_of(record, {}));
  }
  return steps;
}

}  // namespace builder

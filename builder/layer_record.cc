// What earlier builds have made of a step: looked up by its key, then by what
// it sees of its base, and recorded under both.
#include <chrono>
#include <utility>

#include "builder/layer_builder.h"

namespace builder {
namespace {

// How exactly the time of the last use is known.
constexpr std::chrono::hours kUseGrain{1};

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
}

}  // namespace

std::optional<store::CacheRecord> LayerBuilder::find_record(
    const Vertex& vertex, const CacheKey& key) {
  base::Span span(environment_.trace, "step", "find");
  if (vertex.is_uncached) {
    span.add("outcome", "not asked");
    return std::nullopt;
  }
  auto record = environment_.store.cache().find(key.digest());
  // A layer that was lost from the disk is made again.
  const bool is_lost =
      record && !environment_.store.layers().find(record->diff_id);
  if (is_lost) record.reset();
  span.add("outcome", record ? "hit" : is_lost ? "layer lost" : "miss");
  if (record) {
    if (now() - record->last_used > kUseGrain) {
      used_.lock()->push_back(record->key);
    }
    span.add("layer", record->diff_id);
    span.add("stable", record->stable_digest);
  }
  return record;
}

// Reads the indexes of the base's layers, so it is left until the key alone has
// not been enough: a build that only hits pays nothing for it.
void LayerBuilder::look_at_base(const Vertex& vertex, const StepInputs& inputs,
                                Miss& miss) {
  const auto* copy = std::get_if<CopyOp>(&vertex.operation);
  const auto* workdir = std::get_if<WorkDirOp>(&vertex.operation);
  if (copy == nullptr && workdir == nullptr) return;
  const base::Span span(environment_.trace, "step", "view");
  store::MergedTree base = tree_of(parent_of(vertex.operation, inputs));
  miss.view = copy != nullptr
                  ? view_copy(*copy, miss.selection, std::move(base))
                  : view_workdir(*workdir, base);
  // On nothing, the first key has nothing of a base already.
  const bool is_on_nothing = copy != nullptr && copy->is_link;
  if (miss.view->digest && !is_on_nothing) {
    miss.view_key = miss.key.on(*miss.view->digest);
  }
}

std::optional<store::CacheRecord> LayerBuilder::find_equal_result(
    const Miss& miss, const base::Digest& stable_digest) {
  const store::CacheRecords& cache = environment_.store.cache();
  auto equal = cache.find_equal_result(miss.key.parent(), stable_digest);
  if (!equal && miss.view_key) {
    equal = cache.find_equal_result(miss.view_key->parent(), stable_digest);
  }
  return equal;
}

// An earlier result of the same parent, or view, that differs in nothing but
// the clock (set_times.h) is kept in place of the new one: all that follows
// hits, and the image stays the same. Not under --no-cache, which asks for new
// layers.
store::CacheRecord LayerBuilder::keep(const Vertex& vertex, const Miss& miss,
                                      const store::Lease& lease, MadeLayer made,
                                      Recording recording) {
  base::Span span(environment_.trace, "step", "publish");
  store::Store& store = environment_.store;
  store::CacheRecord result;
  std::optional<store::CacheRecord> equal;
  if (!vertex.is_uncached) {
    equal = find_equal_result(miss, made.content);
  }
  if (equal && store.layers().find(equal->diff_id)) {
    span.add("equal_to", equal->diff_id);
    result = *equal;
  } else {
    const store::Layer layer =
        store.layers().publish(lease, std::move(made.sealed));
    result.diff_id = layer.diff_id;
    result.stable_digest = made.content;
    result.created = now();
  }
  result.recorded = now();
  result.last_used = result.recorded;
  result.elapsed = made.elapsed;
  result.reason = miss.outcome.reason;
  if (recording == Recording::on) {
    record(miss.key, result);
    if (miss.view_key) record(*miss.view_key, result);
  }
  return result;
}

void LayerBuilder::record(const CacheKey& key, store::CacheRecord result) {
  result.key = key.digest();
  result.operation = key.operation();
  result.parent = key.parent();
  result.parts = key.render_parts();
  environment_.store.cache().put(result);
}

void LayerBuilder::save_use() {
  const std::vector<base::Digest> used = std::exchange(*used_.lock(), {});
  environment_.store.cache().touch(used, now());
}

}  // namespace builder

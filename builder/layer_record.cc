// What earlier builds have made of a step: looked up by its key, then by what
// it sees of its base, and recorded under both.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "builder/key_text.h"
#include "builder/layer_builder.h"
#include "parser/ascii.h"

namespace builder {
namespace {

// How exactly the time of the last use is known.
constexpr std::chrono::hours kUseGrain{1};

// "26h"; finer only below two of a unit.
std::string show_age(std::chrono::seconds age) {
  using namespace std::chrono;
  if (age < minutes(2)) return fmt::format("{}s", age.count());
  if (age < hours(2)) return fmt::format("{}m", floor<minutes>(age).count());
  if (age < days(2)) return fmt::format("{}h", floor<hours>(age).count());
  return fmt::format("{}d", floor<days>(age).count());
}

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
}

// A record that was imported says what it likes; but for what a RUN has set of
// times, its layer tells. One that could not be made as it is tells nothing.
bool is_of_layer(const Vertex& vertex, const store::CacheRecord& record,
                 const store::Layer& layer) {
  return std::holds_alternative<ExecOp>(vertex.operation) ||
         layer.source != store::LayerSource::canonical ||
         record.stable_digest == layer.stable_digest;
}

}  // namespace

LayerBuilder::Found LayerBuilder::look_up(const Vertex& vertex,
                                          const CacheKey& key) {
  base::Span span(environment_.trace, "step", "find");
  if (vertex.is_uncached) {
    span.add("outcome", "not asked");
    return {};
  }
  const auto moment = layers_in_use_.moment();
  auto record = environment_.store.cache().find(key.digest());
  // A layer that was lost from the disk is made again.
  const auto layer = record ? find_layer(record->diff_id) : std::nullopt;
  const bool is_lost = record && !layer;
  std::string obstacle = is_lost ? "its layer is no longer in the store" : "";
  if (layer && !is_of_layer(vertex, *record, *layer)) {
    obstacle = "its record is not of its layer";
  }
  if (!obstacle.empty()) record.reset();
  if (record) {
    obstacle = find_expiry(vertex, record->recorded);
    if (!obstacle.empty()) {
      record.reset();
      span.add("expired", vertex.ttl->text);
    }
  }
  span.add("outcome", record ? "hit" : is_lost ? "layer lost" : "miss");
  if (record) {
    layers_in_use_.add(record->diff_id);
    if (now() - record->last_used > kUseGrain) {
      used_.lock()->push_back(record->key);
    }
    span.add("layer", record->diff_id);
    span.add("stable", record->stable_digest);
  }
  return {std::move(record), std::move(obstacle)};
}

std::optional<store::CacheRecord> LayerBuilder::find_record(
    const Vertex& vertex, const CacheKey& key) {
  return look_up(vertex, key).record;
}

StepResult LayerBuilder::hit(std::size_t number, CacheKey key,
                             const store::CacheRecord& record,
                             const StepInputs& inputs) {
  StepResult result = result_of(record, inputs, IsCached::yes);
  if (options_.explains) {
    result.hit->reason = record.reason;
    result.hit->log = record.log;
    result.hit->parts = describe_hit(record, key);
  }
  note_hit(number, std::move(key));
  return result;
}

void LayerBuilder::note_hit(std::size_t number, CacheKey key) {
  options_.last_build.note_key(number, std::move(key));
  options_.last_build.note_end(number);
}

std::string LayerBuilder::find_expiry(const Vertex& vertex,
                                      std::chrono::sys_seconds recorded,
                                      std::string_view where) {
  const auto age = now() - recorded;
  if (!vertex.ttl || age <= vertex.ttl->duration) return {};
  return fmt::format("its ttl of {} has passed (made {} ago{})",
                     vertex.ttl->text, show_age(age), where);
}

std::optional<store::Layer> LayerBuilder::find_layer(
    const base::Digest& diff_id) const {
  const store::LayerStore& layers = environment_.store.layers();
  return options_.writes ? layers.find(diff_id) : layers.look(diff_id);
}

// What a server is asked for is no step; what it gave is copied by one.
void LayerBuilder::refuse_miss(const Vertex& vertex,
                               const CacheMiss& miss) const {
  if (vertex.step == 0) return;
  const auto& stages = options_.fail_on_miss;
  const bool is_meant =
      std::any_of(stages.begin(), stages.end(), [&](const std::string& stage) {
        return stage.empty() ||
               parser::equal_ignoring_case(stage, vertex.stage);
      });
  if (!is_meant) return;
  throw base::Error(base::ErrorKind::step_failed,
                    fmt::format("step {} would have to run: {}",
                                render_place(vertex), miss.reason))
      .hint(
          "--fail-on-miss lets no such step run; build without it, or see "
          "\"strake explain\"");
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
  const auto moment = layers_in_use_.moment();
  if (!vertex.is_uncached) {
    equal = find_equal_result(miss, made.content);
  }
  const auto old = equal ? store.layers().find(equal->diff_id) : std::nullopt;
  if (old && old->stable_digest == made.sealed.stable_digest) {
    span.add("equal_to", equal->diff_id);
    result = *equal;
  } else {
    const store::Layer layer =
        store.layers().publish(lease, std::move(made.sealed));
    result.diff_id = layer.diff_id;
    result.stable_digest = made.content;
    result.created = now();
  }
  layers_in_use_.add(result.diff_id);
  result.recorded = now();
  result.last_used = result.recorded;
  result.elapsed = made.elapsed;
  result.reason = miss.outcome.reason;
  result.log = std::holds_alternative<ExecOp>(vertex.operation)
                   ? log_of(miss.number)
                         .lexically_relative(environment_.store.root() / "logs")
                   : std::filesystem::path();
  if (recording == Recording::on) {
    record(miss.key, result);
    if (miss.view_key) record(*miss.view_key, result);
    keep_listings(vertex, miss);
    options_.last_build.note_key(miss.number, miss.key);
    options_.last_build.note_end(miss.number);
  }
  return result;
}

// What the inputs of a record stand for, so that a later miss can name files.
void LayerBuilder::keep_listings(const Vertex& vertex, const Miss& miss) {
  store::InputListings& listings = environment_.store.listings();
  for (const KeyInput& input : step_keys_.inputs_of(vertex, miss)) {
    if (listings.contains(input.digest)) continue;
    listings.put(input.digest, list_files(input.matches, input.copy));
  }
}

void LayerBuilder::record(const CacheKey& key, store::CacheRecord result) {
  result.key = key.digest();
  result.operation = key.operation();
  result.parent = key.parent();
  result.parts = options_.last_build.render_parts(key);
  environment_.store.cache().put(result);
}

void LayerBuilder::save_use() {
  const std::vector<base::Digest> used = std::exchange(*used_.lock(), {});
  environment_.store.cache().touch(used, now());
}

}  // namespace builder

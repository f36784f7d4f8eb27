// A step that the cache does not have: left to who makes it already, else made
// here, sealed and recorded.
//
// Locks of a step stand in one order: the record of its key (same_step.h),
// under which all else happens; then cache mounts, in the order of their
// directories, or a git repository. Who waits for a record has none of these.
#include <fmt/format.h>

#include <exception>
#include <utility>

#include "base/error.h"
#include "builder/layer_builder.h"
#include "builder/same_step.h"
#include "builder/set_times.h"
#include "builder/step_error.h"

namespace builder {
namespace {

constexpr int kMaxAttempts = 3;

std::chrono::milliseconds elapsed_since(
    std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
}

}  // namespace

StepResult LayerBuilder::run(std::size_t number, const Vertex& vertex,
                             const StepInputs& inputs, std::stop_token stop) {
  base::Span span(environment_.trace, "step", vertex.title);
  add_place(span, "run", number, vertex);
  Miss miss = std::move(misses_.lock()->extract(number).mapped());
  SameStep same(
      environment_.store.in_flight(), progress_,
      {number, log_of(number),
       failure_circumstances(vertex.operation, environment_.credentials),
       options_.on_failure != nullptr},
      stop);
  try {
    if (std::holds_alternative<HttpOp>(vertex.operation) ||
        std::holds_alternative<GitOp>(vertex.operation)) {
      fetch_inputs(vertex, inputs);
      // Pruning may be faster than we; then it is fetched again.
      for (;;) {
        StepResult result = run_remote(
            {number, vertex, inputs, stop, miss.selection, miss.view}, miss.key,
            same);
        const base::Digest& made = result.snapshot.layers.back().diff_id;
        const auto moment = layers_in_use_.moment();
        layers_in_use_.add(made);
        if (environment_.store.layers().find(made)) return result;
      }
    }
    for (int attempt = 1;; ++attempt) {
      if (auto found = find_made_elsewhere(vertex, inputs, miss, same)) {
        return std::move(*found);
      }
      const Step step{number, vertex, inputs, stop, miss.selection, miss.view};
      fetch_inputs(vertex, inputs);
      std::string changed;
      if (auto made = make_layer(step, miss, changed)) {
        same.done();
        return std::move(*made);
      }
      // No longer the step that others may be waiting for.
      same.release();
      if (attempt == kMaxAttempts) {
        throw base::Error(
            base::ErrorKind::invalid_input,
            fmt::format("{} keeps changing while it is copied", changed))
            .hint("stop what writes to it, or leave it out with .dockerignore");
      }
      miss = {step_keys_.make(vertex, inputs), number, std::move(miss.outcome)};
      step_keys_.look_at_base(vertex, inputs, miss);
    }
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    // What this process alone met with (its limits, rights, files) is nobody
    // else's failure: then others try.
    if (error.kind() == base::ErrorKind::system ||
        error.kind() == base::ErrorKind::denied) {
      same.release();
    } else {
      same.failed(error);
    }
    throw locate_error(file_, vertex, vertex.range, error);
  }
}

// Under the claim the cache is asked once more: the step may have been made
// after it was looked up. What is seen of a base says more than the base, so
// that is what steps are the same by, where it is known.
std::optional<StepResult> LayerBuilder::find_made_elsewhere(
    const Vertex& vertex, const StepInputs& inputs, const Miss& miss,
    SameStep& same) {
  if (vertex.is_uncached) return std::nullopt;
  const CacheKey& key = miss.view_key ? *miss.view_key : miss.key;
  SameStep::Turn turn{};
  do {
    turn = take_turn(key, same);
    auto found = find_record(vertex, miss.key);
    if (!found && miss.view_key) {
      found = find_record(vertex, *miss.view_key);
      if (found) record(miss.key, *found);
    }
    if (found) {
      same.done();
      note_hit(miss.number, miss.key);
      return result_of(*found, inputs, same);
    }
  } while (turn == SameStep::Turn::other);
  return std::nullopt;
}

SameStep::Turn LayerBuilder::take_turn(const CacheKey& key, SameStep& same) {
  base::Span span(environment_.trace, "step", "claim");
  const SameStep::Turn turn = same.take(key.digest());
  span.add("outcome", turn == SameStep::Turn::ours ? "ours" : same.origin());
  return turn;
}

// Files of the context can change between the moment they are hashed for the
// key and the moment they are read for the layer. Then the layer is not what
// the key says: a COPY is made again under its new key, which is told by an
// empty result and the file in `changed`; the result of a RUN is used but not
// recorded. Nor is that of one whose process ran out of memory and which went
// on all the same: no key has the memory there was.
std::optional<StepResult> LayerBuilder::make_layer(const Step& step,
                                                   const Miss& miss,
                                                   std::string& changed) {
  store::Lease lease = environment_.store.lease();
  lease.stop_on(step.stop);
  std::optional<store::SealedLayer> sealed;
  base::Digest content;
  std::exception_ptr failure;
  std::optional<runtime::Usage> usage;
  const auto clock = std::chrono::steady_clock::now();
  const store::Timestamp started = now_timestamp();
  try {
    sealed = seal(lease, make(step, lease, usage));
    content = std::holds_alternative<ExecOp>(step.vertex.operation)
                  ? digest_with_set_times(*sealed, started, now_timestamp())
                  : sealed->stable_digest;
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    failure = std::current_exception();
  }
  changed = find_context_change(miss);
  if (!changed.empty() && !miss.context_copies.empty()) return std::nullopt;
  if (failure) std::rethrow_exception(failure);
  if (!changed.empty()) {
    progress_.warning(fmt::format(
        "{} changed while RUN used it; the result is not cached", changed));
  }
  const bool is_short_of_memory = usage && usage->oom_kills > 0;
  const bool is_sound = changed.empty() && !is_short_of_memory;
  StepResult result =
      result_of(keep(step.vertex, miss, lease,
                     {std::move(*sealed), content, elapsed_since(clock)},
                     is_sound ? Recording::on : Recording::off),
                step.inputs, IsCached::no);
  result.cost.usage = usage;
  return result;
}

store::SealedLayer LayerBuilder::seal(const store::Lease& lease,
                                      const std::filesystem::path& directory) {
  base::Span span(environment_.trace, "step", "seal");
  store::SealedLayer sealed =
      environment_.store.layers().seal(lease, directory);
  span.add("layer", sealed.diff_id);
  span.add("stable", sealed.stable_digest);
  span.add("tar_bytes", sealed.tar_bytes);
  return sealed;
}

StepResult LayerBuilder::result_of(const store::CacheRecord& record,
                                   const StepInputs& inputs,
                                   const SameStep& same) {
  StepResult result = result_of(record, inputs, IsCached::yes);
  result.hit->origin = same.origin();
  return result;
}

std::filesystem::path LayerBuilder::log_of(std::size_t number) const {
  return options_.logs / fmt::format("{}.log", number + 1);
}

}  // namespace builder

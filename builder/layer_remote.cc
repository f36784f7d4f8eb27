// ADD's addresses, asked on the step's own thread, beside other steps. What
// follows depends on the content alone, so an address that has changed without
// a change of its content costs nothing more.
//
// A file's address is claimed before its server is asked (same_step.h), a
// tree's commit once the server has told it.
#include <fmt/format.h>

#include "base/error.h"
#include "builder/layer_builder.h"
#include "builder/remote_layers.h"
#include "builder/same_step.h"
#include "parser/url.h"

namespace builder {

// What another one has fetched while we waited is as new as can be: nobody is
// asked again. An older record stands for what the server had then.
std::optional<store::CacheRecord> LayerBuilder::find_fetched_elsewhere(
    const Step& step, const CacheKey& key, SameStep& same) {
  if (step.vertex.is_uncached) return std::nullopt;
  while (take_turn(key, same) == SameStep::Turn::other) {
    if (auto record = find_record(step.vertex, key)) return record;
  }
  return std::nullopt;
}

StepResult LayerBuilder::run_remote(const Step& step, const CacheKey& key,
                                    SameStep& same) {
  const auto* git = std::get_if<GitOp>(&step.vertex.operation);
  if (git == nullptr && environment_.servers == Servers::asked) {
    if (const auto found = find_fetched_elsewhere(step, key, same)) {
      return result_of(*found, step.inputs, same);
    }
  }
  bool is_others = false;  // what is thrown, or found
  const auto find = [&](const CacheKey& asked) {
    auto known = find_record(step.vertex, asked);
    if (known || git == nullptr) return known;
    is_others = true;
    known = find_fetched_elsewhere(step, asked, same);
    is_others = known.has_value();
    // It may have been got right before the claim.
    return known ? known : find_record(step.vertex, asked);
  };
  StepLog log(log_of(step.number), step.number, progress_, {});
  RemoteLayers remote(environment_.store, environment_.credentials.secrets,
                      environment_.servers, environment_.trace);
  try {
    const RemoteLayers::Result got =
        remote.get(step.vertex.operation, find, log, step.stop);
    same.done();
    if (is_others) return result_of(got.record, step.inputs, same);
    return result_of(got.record, step.inputs,
                     got.is_known ? IsCached::yes : IsCached::no);
  } catch (base::Error& error) {
    if (is_others || error.kind() == base::ErrorKind::cancelled) throw;
    if (git != nullptr) {
      error.add_context(fmt::format("cannot check out {}",
                                    parser::redact_address(git->remote)));
    } else if (environment_.servers == Servers::left_alone) {
      const auto& http = std::get<HttpOp>(step.vertex.operation);
      error.add_context(
          fmt::format("cannot fetch {}", parser::redact_address(http.url)));
    }
    throw;
  }
}

}  // namespace builder

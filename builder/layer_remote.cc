// Layers of what is fetched: files from addresses, trees of git repositories.
//
// Whether there is something new only the server knows, so that is asked on the
// step's own thread, beside other steps. A record of what was got last spares
// getting it again: a file's has what the server said of it, for a conditional
// request; a tree's is found by its commit. What follows an ADD depends on the
// content alone, so an address that has changed without a change of its content
// costs nothing more.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "builder/git_command.h"
#include "builder/git_source.h"
#include "builder/http_source.h"
#include "builder/layer_builder.h"
#include "parser/url.h"

namespace builder {
namespace {

using nlohmann::json;

// What a server said of a file, beside the parts of the key in its record.
std::string render_parts(const CacheKey& key,
                         const registry::Validators& validators) {
  json parts = json::parse(key.render_parts());
  parts["etag"] = validators.etag;
  parts["last_modified"] = validators.last_modified;
  return parts.dump(-1, ' ', true, json::error_handler_t::replace);
}

registry::Validators parse_validators(const std::string& record_parts) {
  const json parts = json::parse(record_parts, nullptr, false);
  if (!parts.is_object()) return {};
  return {parts.value("etag", ""), parts.value("last_modified", "")};
}

// What fails in `work` fails for what the operation was to get.
template <typename Work>
auto with_remote(const GitOp& op, const Work& work) {
  try {
    return work();
  } catch (base::Error& error) {
    if (error.kind() != base::ErrorKind::cancelled) {
      error.add_context(fmt::format("cannot check out {}",
                                    parser::redact_address(op.remote)));
    }
    throw;
  }
}

}  // namespace

StepResult LayerBuilder::run_remote(const Step& step, const CacheKey& key,
                                    SameStep& same) {
  const Operation& operation = step.vertex.operation;
  if (const auto* http = std::get_if<HttpOp>(&operation)) {
    return run_http(step, *http, key, same);
  }
  return run_git(step, std::get<GitOp>(operation), same);
}

// What another one has fetched while we waited is as new as can be: nobody is
// asked again. An older record stands for what the server had then.
std::optional<StepResult> LayerBuilder::find_fetched_elsewhere(
    const Step& step, const CacheKey& key, SameStep& same) {
  if (step.vertex.is_uncached) return std::nullopt;
  while (take_turn(key, same) == SameStep::Turn::other) {
    if (const auto record = find_record(step.vertex, key)) {
      return result_of(*record, step.inputs, same);
    }
  }
  return std::nullopt;
}

StepResult LayerBuilder::run_http(const Step& step, const HttpOp& op,
                                  const CacheKey& key, SameStep& same) {
  if (auto found = find_fetched_elsewhere(step, key, same)) {
    return std::move(*found);
  }
  const auto known = find_record(step.vertex, key);
  store::Lease lease = environment_.store.lease();
  lease.stop_on(step.stop);
  const std::filesystem::path directory = lease.make_directory("http");
  StepLog log(log_of(step.number), step.number, progress_, {});
  base::Span span(environment_.trace, "step", "fetch");
  const registry::Downloaded file = fetch_file(
      op, environment_.credentials.secrets,
      known ? parse_validators(known->parts) : registry::Validators{},
      directory, log, step.stop);
  span.add("outcome", file.is_unchanged ? "unchanged" : "fetched");
  span.add("bytes", file.size_bytes);
  span.end();
  if (file.is_unchanged) {
    same.done();
    return result_of(*known, step.inputs, IsCached::yes);
  }

  store::SealedLayer sealed = seal(lease, directory);
  const base::Digest content = sealed.index.find(op.name)->content;
  if (op.checksum && content != *op.checksum) {
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("{} is {}, not {}", parser::redact_address(op.url),
                    content.str(), op.checksum->str()))
        .hint("it is not the file the checksum was taken of");
  }
  // Found again by its address, and by its content under any.
  HttpOp by_content = op;
  by_content.checksum = content;
  const CacheKey content_key(by_content, key.parent());
  const store::CacheRecord record = keep_fetched(
      key, lease, std::move(sealed), render_parts(key, file.validators));
  if (!op.checksum) {
    store::CacheRecord second = record;
    second.key = content_key.digest();
    second.operation = content_key.operation();
    second.parts = content_key.render_parts();
    environment_.store.cache().put(second);
  }
  same.done();
  return result_of(record, step.inputs, IsCached::no);
}

StepResult LayerBuilder::run_git(const Step& step, const GitOp& op,
                                 SameStep& same) {
  StepLog log(log_of(step.number), step.number, progress_, {});
  const GitCommand git(op, environment_.credentials.secrets, log, step.stop);
  base::Span span(environment_.trace, "step", "fetch");
  const ResolvedGit resolved =
      with_remote(op, [&] { return resolve_git(op, git); });
  span.add("commit", resolved.op.ref);
  const CacheKey key(resolved.op, Snapshot().content());
  if (const auto record = find_record(step.vertex, key)) {
    return result_of(*record, step.inputs, IsCached::yes);
  }
  if (auto found =
          find_made_elsewhere(step.vertex, step.inputs, Miss{key}, same)) {
    return std::move(*found);
  }
  return with_remote(op, [&] {
    store::Lease lease = environment_.store.lease();
    lease.stop_on(step.stop);
    const std::filesystem::path tree =
        check_out_git(resolved, git, environment_.store.root(), lease);
    span.end();
    const store::CacheRecord record =
        keep_fetched(key, lease, seal(lease, tree), key.render_parts());
    same.done();
    return result_of(record, step.inputs, IsCached::no);
  });
}

// As it came: an older layer with other times would not do.
store::CacheRecord LayerBuilder::keep_fetched(const CacheKey& key,
                                              const store::Lease& lease,
                                              store::SealedLayer sealed,
                                              std::string parts) {
  base::Span span(environment_.trace, "step", "publish");
  store::Store& store = environment_.store;
  const store::Layer layer = store.layers().publish(lease, std::move(sealed));
  const auto now = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  const store::CacheRecord record{.key = key.digest(),
                                  .operation = key.operation(),
                                  .parent = key.parent(),
                                  .diff_id = layer.diff_id,
                                  .stable_digest = layer.stable_digest,
                                  .parts = std::move(parts),
                                  .created = now,
                                  .recorded = now,
                                  .elapsed = {},
                                  .reason = {},
                                  .last_used = now};
  store.cache().put(record);
  return record;
}

}  // namespace builder

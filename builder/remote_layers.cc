#include "builder/remote_layers.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "builder/git_command.h"
#include "builder/git_source.h"
#include "builder/http_source.h"
#include "builder/snapshot.h"
#include "parser/url.h"

namespace builder {
namespace {

using nlohmann::json;

// What is fetched stands on nothing.
CacheKey key_of(const Operation& operation) {
  return {operation, Snapshot().content()};
}

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

}  // namespace

RemoteLayers::Result RemoteLayers::get(const Operation& operation,
                                       const Find& find, StepLog& log,
                                       const std::stop_token& stop) {
  if (servers_ == Servers::left_alone) return find_last(key_of(operation));
  if (const auto* http = std::get_if<HttpOp>(&operation)) {
    return get_file(*http, find, log, stop);
  }
  return get_tree(std::get<GitOp>(operation), find, log, stop);
}

RemoteLayers::Result RemoteLayers::find_last(const CacheKey& key) const {
  if (auto record = store_.cache().find(key.digest())) {
    return {std::move(*record), true};
  }
  throw base::Error(base::ErrorKind::not_found,
                    "it is not in the store yet, and --offline asks no server")
      .hint("build once without --offline; what it gives then is kept");
}

RemoteLayers::Result RemoteLayers::get_file(const HttpOp& op, const Find& find,
                                            StepLog& log,
                                            const std::stop_token& stop) {
  const CacheKey key = key_of(op);
  auto known = find(key);
  store::Lease lease = store_.lease();
  lease.stop_on(stop);
  const std::filesystem::path directory = lease.make_directory("http");
  base::Span span(trace_, "step", "fetch");
  const registry::Downloaded file = fetch_file(
      op, secrets_,
      known ? parse_validators(known->parts) : registry::Validators{},
      directory, log, stop);
  span.add("outcome", file.is_unchanged ? "unchanged" : "fetched");
  span.add("bytes", file.size_bytes);
  span.end();
  if (file.is_unchanged) return {std::move(*known), true};

  store::SealedLayer sealed = seal(lease, directory);
  const base::Digest content = sealed.index.find(op.name)->content;
  if (op.checksum && content != *op.checksum) {
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("{} is {}, not {}", parser::redact_address(op.url),
                    content.str(), op.checksum->str()))
        .hint("it is not the file the checksum was taken of");
  }
  const store::CacheRecord record =
      keep(key, lease, std::move(sealed), render_parts(key, file.validators));
  if (!op.checksum) {
    // Found by its content, too, under any address.
    HttpOp by_content = op;
    by_content.checksum = content;
    keep_as(key_of(by_content), record);
  }
  return {record};
}

RemoteLayers::Result RemoteLayers::get_tree(const GitOp& op, const Find& find,
                                            StepLog& log,
                                            const std::stop_token& stop) {
  const GitCommand git(op, secrets_, log, stop);
  base::Span span(trace_, "step", "fetch");
  const ResolvedGit resolved = resolve_git(op, git);
  span.add("commit", resolved.op.ref);
  const CacheKey key = key_of(resolved.op);
  Result result;
  if (auto known = find(key)) {
    result = {std::move(*known), true};
  } else {
    store::Lease lease = store_.lease();
    lease.stop_on(stop);
    const std::filesystem::path tree =
        check_out_git(resolved, git, store_.root(), lease);
    span.end();
    result = {keep(key, lease, seal(lease, tree), key.render_parts())};
  }
  const CacheKey asked = key_of(op);
  const auto last = store_.cache().find(asked.digest());
  if (!last || last->diff_id != result.record.diff_id) {
    keep_as(asked, result.record);
  }
  return result;
}

store::SealedLayer RemoteLayers::seal(const store::Lease& lease,
                                      const std::filesystem::path& directory) {
  base::Span span(trace_, "step", "seal");
  store::SealedLayer sealed = store_.layers().seal(lease, directory);
  span.add("layer", sealed.diff_id);
  span.add("stable", sealed.stable_digest);
  span.add("tar_bytes", sealed.tar_bytes);
  return sealed;
}

// As it came: an older layer with other times would not do.
store::CacheRecord RemoteLayers::keep(const CacheKey& key,
                                      const store::Lease& lease,
                                      store::SealedLayer sealed,
                                      std::string parts) {
  const base::Span span(trace_, "step", "publish");
  const store::Layer layer = store_.layers().publish(lease, std::move(sealed));
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
  store_.cache().put(record);
  return record;
}

void RemoteLayers::keep_as(const CacheKey& key, store::CacheRecord record) {
  record.key = key.digest();
  record.operation = key.operation();
  record.parts = key.render_parts();
  store_.cache().put(record);
}

}  // namespace builder

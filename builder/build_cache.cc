#include "builder/build_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "builder/bucket_target.h"
#include "builder/layout_target.h"
#include "builder/registry_cache.h"
#include "builder/registry_target.h"

namespace builder {
namespace {

// For people, also before there is a target.
std::string name_of(const CacheTo& to) {
  switch (to.kind) {
    case CacheTo::Kind::bucket:
      return to.bucket->describe();
    case CacheTo::Kind::layout:
      return to.directory.native();
    case CacheTo::Kind::registry:
    case CacheTo::Kind::inline_:
      break;
  }
  return to.reference;
}

}  // namespace

BuildCache::BuildCache(store::Store& store, Progress& progress, Options options)
    : store_(store), progress_(progress), options_(std::move(options)) {
  if (options_.registries != nullptr) {
    registries_.emplace(*options_.registries);
  }
  if (options_.from.empty()) return;
  std::vector<std::unique_ptr<CacheSource>> sources;
  for (const CacheFrom& from : options_.from) {
    if (auto source = open_source(from)) sources.push_back(std::move(source));
  }
  imports_.emplace(store, std::move(sources), progress,
                   CacheImports::Options{options_.before_files, options_.stop,
                                         options_.trace});
  imports_->serve();
}

std::unique_ptr<CacheSource> BuildCache::open_source(const CacheFrom& from) {
  switch (from.kind) {
    case CacheFrom::Kind::layout:
      return open_layout_cache(store_, from.directory, from.reference);
    case CacheFrom::Kind::image:
      return open_image_cache(store_, from.reference, open_registry(from));
    case CacheFrom::Kind::registry:
      if (auto source = open_registry(from)) return source;
      warn_offline(from.reference);
      return nullptr;
    case CacheFrom::Kind::bucket:
      if (registries_) return open_bucket_cache(*from.bucket, options_.stop);
      warn_offline(from.bucket->describe());
      return nullptr;
  }
  return nullptr;
}

void BuildCache::warn_offline(const std::string& name) {
  progress_.warning(fmt::format(
      "the cache {} is not used: servers are left alone (--offline)", name));
}

std::unique_ptr<CacheSource> BuildCache::open_registry(const CacheFrom& from) {
  if (!registries_) return nullptr;
  return open_registry_cache(registries_->get(from.is_insecure),
                             registry::parse_reference(from.reference),
                             options_.platform, options_.stop);
}

std::unique_ptr<CacheTarget> BuildCache::open_target(const CacheTo& to) {
  if (to.kind == CacheTo::Kind::layout) {
    return std::make_unique<LayoutTarget>(to.directory, to.tag, options_.stop);
  }
  if (!registries_) {
    throw base::Error(base::ErrorKind::unavailable,
                      "servers are left alone (--offline)");
  }
  if (to.kind == CacheTo::Kind::bucket) {
    return std::make_unique<BucketTarget>(*to.bucket, options_.stop);
  }
  const auto reference = registry::parse_reference(to.reference);
  return std::make_unique<RegistryTarget>(
      registries_->get(to.is_insecure).push_target(reference),
      reference.tag.value_or("latest"),
      RegistryTarget::Options{options_.stop, {}});
}

std::vector<StepResult> BuildCache::solve(
    const Plan& plan, StepRunner& runner,
    const std::function<void(const Snapshot&)>& fetch) {
  for (;;) {
    const std::size_t dropped = imports_ ? imports_->dropped() : 0;
    try {
      std::vector<StepResult> results =
          builder::solve(plan, runner, progress_, options_.stop);
      if (fetch && plan.result) fetch(results[*plan.result].snapshot);
      return results;
    } catch (const CacheLost& lost) {
      // Each turn has one source less.
      if (imports_ && imports_->dropped() > dropped) continue;
      throw base::Error(base::ErrorKind::not_found, lost.what());
    }
  }
}

std::string BuildCache::render_inline(
    const Plan& plan, std::span<const StepResult> results,
    const std::map<std::size_t, base::Digest>& keys) {
  const bool is_wanted = std::any_of(
      options_.to.begin(), options_.to.end(),
      [](const auto& to) { return to.kind == CacheTo::Kind::inline_; });
  if (!is_wanted) return {};
  return render_inline_cache(plan, results, keys, store_, imports());
}

CacheExportCost BuildCache::save_one(const CacheTo& to, const Plan& plan,
                                     std::span<const StepResult> results) {
  if (options_.before_files) options_.before_files();
  const auto target = open_target(to);
  return export_cache(store_, *target, to,
                      collect_steps(plan, results, to.mode, store_, imports()),
                      {imports(), collect_bases(plan, results, to.mode),
                       options_.stop, options_.trace});
}

void BuildCache::save(const Plan& plan, std::span<const StepResult> results) {
  for (const CacheTo& to : options_.to) {
    if (to.kind == CacheTo::Kind::inline_) continue;
    try {
      const CacheExportCost cost = save_one(to, plan, results);
      for (const std::string& text : cost.warnings) progress_.warning(text);
      written_bytes_ += cost.written_bytes;
      write_elapsed_ += cost.elapsed;
    } catch (base::Error& error) {
      if (error.kind() == base::ErrorKind::cancelled) throw;
      error.add_context(fmt::format("writing the cache to {}", name_of(to)));
      if (!to.ignores_errors) throw;
      progress_.warning(error.message());
    }
  }
}

std::optional<CacheReport> BuildCache::report(
    const Plan& plan, std::span<const StepResult> results) const {
  if (options_.from.empty() && options_.to.empty()) return std::nullopt;
  CacheReport report;
  report.has_sources = !options_.from.empty();
  report.has_targets = !options_.to.empty();
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (std::holds_alternative<BaseOp>(plan.vertices[i].operation)) continue;
    ++report.steps;
    if (!results[i].hit) continue;
    ++report.cached;
    report.saved += results[i].hit->elapsed;
    if (!results[i].hit->origin.empty()) ++report.imported;
  }
  if (imports_) report.read = imports_->cost();
  report.written_bytes = written_bytes_;
  report.write_elapsed = write_elapsed_;
  return report;
}

}  // namespace builder

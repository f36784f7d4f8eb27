#include "builder/build_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace builder {
namespace {

std::unique_ptr<CacheSource> open_source(store::Store& store,
                                         const CacheFrom& from) {
  return from.kind == CacheFrom::Kind::layout
             ? open_layout_cache(store, from.directory, from.reference)
             : open_image_cache(store, from.reference);
}

}  // namespace

BuildCache::BuildCache(store::Store& store, Progress& progress, Options options)
    : store_(store), progress_(progress), options_(std::move(options)) {
  if (options_.from.empty()) return;
  std::vector<std::unique_ptr<CacheSource>> sources;
  for (const CacheFrom& from : options_.from) {
    sources.push_back(open_source(store, from));
  }
  imports_.emplace(store, std::move(sources), progress,
                   CacheImports::Options{options_.before_files, options_.stop,
                                         options_.trace});
  imports_->serve();
}

std::vector<StepResult> BuildCache::solve(const Plan& plan, StepRunner& runner,
                                          bool needs_layers) {
  for (;;) {
    const std::size_t dropped = imports_ ? imports_->dropped() : 0;
    try {
      std::vector<StepResult> results =
          builder::solve(plan, runner, progress_, options_.stop);
      if (imports_ && needs_layers && plan.result) {
        imports_->fetch(results[*plan.result].snapshot);
      }
      return results;
    } catch (const CacheLost& lost) {
      // Each turn has one source less.
      if (imports_->dropped() > dropped) continue;
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

void BuildCache::save(const Plan& plan, std::span<const StepResult> results) {
  for (const CacheTo& to : options_.to) {
    if (to.kind != CacheTo::Kind::layout) continue;
    try {
      if (options_.before_files) options_.before_files();
      const CacheExportCost cost = export_cache(
          store_, to, collect_steps(plan, results, to.mode, store_, imports()),
          {imports(), options_.stop, options_.trace});
      for (const std::string& text : cost.warnings) progress_.warning(text);
      written_bytes_ += cost.written_bytes;
      write_elapsed_ += cost.elapsed;
    } catch (base::Error& error) {
      if (error.kind() == base::ErrorKind::cancelled) throw;
      error.add_context(
          fmt::format("writing the cache to {}", to.directory.native()));
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

#include "builder/build_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace builder {
BuildCache::BuildCache(store::Store& store, Progress& progress, Options options)
    : store_(store),
      progress_(progress),
      options_(std::move(options)),
      places_(store, {options_.registries, options_.platform, options_.stop}) {
  if (options_.from.empty()) return;
  std::vector<std::unique_ptr<CacheSource>> sources;
  for (const CacheFrom& from : options_.from) {
    try {
      sources.push_back(places_.open(from));
    } catch (const base::Error& error) {
      if (error.kind() != base::ErrorKind::unavailable) throw;
      progress_.warning(fmt::format("the cache {} is not used: {}",
                                    name_of(from), error.message()));
    }
  }
  imports_.emplace(store, std::move(sources), progress,
                   CacheImports::Options{options_.before_files, options_.stop,
                                         options_.trace});
  imports_->serve();
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
      [](const auto& to) { return to.kind == CacheTo::Kind::in_image; });
  if (!is_wanted) return {};
  return render_inline_cache(plan, results, keys, store_, imports());
}

CacheExportCost BuildCache::save_one(const CacheTo& to, const Plan& plan,
                                     std::span<const StepResult> results) {
  if (options_.before_files) options_.before_files();
  const auto target = places_.open(to);
  return export_cache(store_, *target, to,
                      collect_steps(plan, results, to.mode, store_, imports()),
                      {imports(), collect_bases(plan, results, to.mode),
                       options_.stop, options_.trace});
}

void BuildCache::save(const Plan& plan, std::span<const StepResult> results) {
  for (const CacheTo& to : options_.to) {
    if (to.kind == CacheTo::Kind::in_image) continue;
    try {
      const CacheExportCost cost = save_one(to, plan, results);
      for (const std::string& text : cost.warnings) progress_.warning(text);
      written_bytes_ += cost.written_bytes;
      write_elapsed_ += cost.elapsed;
    } catch (base::Error& error) {
      if (error.kind() == base::ErrorKind::cancelled) throw;
      error.add_context(fmt::format("writing the cache to {}", name_of(to)));
      if (!to.ignores_errors) throw;
      progress_.warning(
          error.hint().empty()
              ? error.message()
              : fmt::format("{}; {}", error.message(), error.hint()));
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

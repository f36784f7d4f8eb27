// What a build has to do with caches outside of the store: takes from them
// while it solves (cache_imports.h), gives to them when the image is stored.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "builder/cache_export.h"
#include "builder/cache_imports.h"
#include "builder/cache_options.h"
#include "builder/cache_places.h"
#include "builder/plan.h"
#include "builder/progress.h"
#include "builder/solve.h"

namespace builder {

// What caches were good for, and what they cost.
struct CacheReport {
  std::size_t steps = 0;
  std::size_t cached = 0;
  std::size_t imported = 0;           // of the cached
  std::chrono::milliseconds saved{};  // what those took when they ran
  CacheImportCost read = {};
  std::uint64_t written_bytes = 0;
  std::chrono::milliseconds write_elapsed{};
  bool has_sources = false;
  bool has_targets = false;
};

// One for each build. Not for several threads, except imports().
class BuildCache {
 public:
  struct Options {
    const std::vector<CacheFrom>& from;
    const std::vector<CacheTo>& to;
    // Takes the rights that layers' files need; may be called again.
    std::function<void()> before_files;
    std::stop_token stop;
    base::Trace* trace = nullptr;
    // How registries are talked to; null: no server is asked, nor a bucket.
    const registry::RegistriesOptions* registries = nullptr;
    Platform platform = host_platform();  // what is built
  };
  BuildCache(store::Store& store, Progress& progress, Options options);

  // Null where there is no --cache-from.
  CacheImports* imports() { return imports_ ? &*imports_ : nullptr; }

  // Solves, and again where a source was lost that steps had been taken from.
  // `fetch` is given the result, to bring what it lacks; empty: nothing is
  // needed.
  std::vector<StepResult> solve(
      const Plan& plan, StepRunner& runner,
      const std::function<void(const Snapshot&)>& fetch);

  // For an image's configuration; empty where nobody asked.
  std::string render_inline(const Plan& plan,
                            std::span<const StepResult> results,
                            const std::map<std::size_t, base::Digest>& keys);

  // A failure is a warning, unless its target wants to know.
  void save(const Plan& plan, std::span<const StepResult> results);

  // nullopt where no cache was asked for.
  std::optional<CacheReport> report(const Plan& plan,
                                    std::span<const StepResult> results) const;

 private:
  CacheExportCost save_one(const CacheTo& to, const Plan& plan,
                           std::span<const StepResult> results);

  store::Store& store_;
  Progress& progress_;
  Options options_;
  CachePlaces places_;
  std::optional<CacheImports> imports_;
  std::uint64_t written_bytes_ = 0;
  std::chrono::milliseconds write_elapsed_{};
};

}  // namespace builder

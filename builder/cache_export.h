// --cache-to and "cache export": what steps have made, for other stores.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/trace.h"
#include "builder/cache_imports.h"
#include "builder/cache_options.h"
#include "builder/cache_target.h"
#include "builder/plan.h"
#include "builder/solve.h"
#include "store/cache_index.h"
#include "store/store.h"

namespace builder {

// The records of a solved plan's steps: those under whichever key that lead to
// the layer the step has now. `imports` may be null.
std::vector<store::CachedStep> collect_steps(
    const Plan& plan, std::span<const StepResult> results, CacheMode mode,
    store::Store& store, const CacheImports* imports);

// The layers of those images that the exported steps stand on.
std::set<base::Digest> collect_bases(const Plan& plan,
                                     std::span<const StepResult> results,
                                     CacheMode mode);

// The text for an image's configuration: of each step whose layer is the
// image's, the record under the key it has in this build, so that equal builds
// have equal images. `keys` by vertex.
std::string render_inline_cache(const Plan& plan,
                                std::span<const StepResult> results,
                                const std::map<std::size_t, base::Digest>& keys,
                                store::Store& store,
                                const CacheImports* imports);

// Records of the store with these layers; of all where `diff_ids` is empty.
std::vector<store::CachedStep> collect_records(
    store::Store& store, const std::set<base::Digest>& diff_ids);

struct CacheExportCost {
  std::uint64_t written_bytes = 0;
  std::chrono::milliseconds elapsed{};
  std::vector<std::string> warnings = {};
};

struct CacheExportOptions {
  CacheImports* imports = nullptr;  // where layers are that the store lacks
  // Layers of the images that the steps stand on: what is known of them goes
  // along, and not their bytes.
  std::set<base::Digest> bases;
  std::stop_token stop;
  base::Trace* trace = nullptr;
};

// Into the target, beside what is there: its records stay unless
// nobody exported them for 30 days, or those of longest ago where the index
// would get larger than what is read. Layers stay in the store meanwhile; one
// that is gone is left out with its records, and both are warnings.
// Throws: system, denied, unavailable, cancelled, corrupt.
CacheExportCost export_cache(store::Store& store, CacheTarget& target,
                             const CacheTo& to,
                             const std::vector<store::CachedStep>& steps,
                             const CacheExportOptions& options);

}  // namespace builder

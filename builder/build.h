// One build, from a Dockerfile's text to a tagged image: read, parse, plan,
// solve, assemble, output.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/trace.h"
#include "builder/build_cache.h"
#include "builder/context_form.h"
#include "builder/exec_step.h"
#include "builder/plan.h"
#include "builder/progress.h"
#include "builder/push_image.h"
#include "registry/registries.h"
#include "store/lease.h"
#include "store/store.h"

namespace builder {

// An image that goes to a registry when it is built.
struct PushRequest {
  std::vector<std::string> names;  // full references with tags
  std::optional<store::Compression> compression = {};
  bool forces_compression = false;  // of layers from elsewhere, too
};

struct BuildOptions {
  ContextForm context;
  std::vector<NamedContext> named_contexts;          // --build-context
  std::optional<std::string> file;                   // -f; "-": standard input
  std::optional<std::filesystem::path> ignore_file;  // --ignorefile
  std::vector<std::string> tags;                     // full references
  PlanOptions plan;
  Credentials credentials;
  Servers servers = Servers::asked;  // --offline: left alone
  // Whether the image goes into the store, under `tags`; its layers do in any
  // case, as the cache.
  bool keeps_image = true;
  // Whether somebody reads the result's files: an image that is kept has them
  // in any case.
  bool needs_layers = true;
  // Where images are that the store does not know; null: nowhere.
  registry::Registries* registries = nullptr;
  PullPolicy pull = PullPolicy::missing;
  std::vector<PushRequest> pushes;
  std::vector<CacheFrom> cache_from;
  std::vector<CacheTo> cache_to;
  // How the registries of caches are talked to; null: none is asked.
  const registry::RegistriesOptions* cache_registries = nullptr;
  // Where whole outputs of steps go, as "<number of the vertex>.log", from 1;
  // empty: name_logs().
  std::filesystem::path logs;
  // Called once, before the first step that has to be made or a long read of
  // the build context, while there is no other thread yet; never called when
  // all steps are cached and nothing new is to be read. Takes the rights that
  // steps need, and says how their roots are made.
  std::function<runtime::RootForm()> before_first_miss;
  // Given the RUN that failed the build, on another thread than the caller's
  // and before build() throws; empty: what it left is removed.
  std::function<void(FailedStep)> on_failure;
  bool explains = false;  // fills CacheHit::parts
  // Steps of these stages fail the build instead of running; "": of all.
  std::vector<std::string> fail_on_miss = {};
  base::Trace* trace = nullptr;  // null: nobody asked
};

// One step of a build that succeeded.
struct StepReport {
  std::string place;  // "[build 2/5]"
  std::string title;  // "RUN make"
  bool is_cached = false;
  StepCost cost = {};        // unless it is cached
  std::string because = {};  // "src/main.c changed (content)"; the same
};

struct BuildResult {
  base::Digest image_id;
  std::vector<base::Digest> diff_ids;  // its layers, bottom first
  std::size_t cached_steps = 0;
  std::size_t run_steps = 0;
  std::vector<StepReport> steps;
  std::vector<PushResult> pushed;    // as the options' pushes
  std::optional<CacheReport> cache;  // where --cache-from or -to was given
  // Keeps the layers of an image that is not kept from being pruned while they
  // are written out.
  std::optional<store::Lease> hold;
};

// Throws: everything a build can die of, with the place in the Dockerfile where
// there is one. Nothing is tagged then, and nothing left behind.
BuildResult build(const BuildOptions& options, store::Store& store,
                  runtime::Executor& executor, Progress& progress,
                  std::stop_token stop);

// A directory of the store for the logs of one build, not made yet, with a name
// that sorts by time.
std::filesystem::path name_logs(const store::Store& store);

// Reads and parses the Dockerfile that `file` (-f) or the context's default
// names mean. Throws: not_found, invalid_dockerfile, system.
SourceFile read_dockerfile(const std::filesystem::path& context,
                           const std::optional<std::string>& file);

}  // namespace builder

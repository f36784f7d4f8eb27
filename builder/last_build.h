// This build beside the last one of the same Dockerfile: why a step missed, and
// what the next build will compare itself with.
//
// The last build is one row of the store per project (store/last_builds.h): a
// build context and a Dockerfile by their places, whatever tags, targets and
// arguments they are built with. It is read when the first step misses, and
// replaced at the end of a build that differs from it; a build that finds all
// as it was reads a digest and writes nothing. Steps that did not come to an
// end (the build failed, or was stopped) keep what the last build had for them,
// as do stages that this target does not need: so what is told is always the
// difference to the last result there was.
//
// A step that the last build does not have as it is now (another branch, other
// arguments) is compared with the newest record that this project made of the
// same operation, if there is one: records name their project.
//
// Reasons are for people: nothing here decides what runs.
// Threads: notes may be made at any time; the others come one at a time.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "builder/cache_key.h"
#include "builder/cache_outcome.h"
#include "builder/file_difference.h"
#include "builder/plan.h"
#include "builder/step_facts.h"
#include "store/store.h"

namespace builder {

// The files behind an input of a step's key.
struct KeyInput {
  std::string name;  // in the key: "files", "mount /src"
  base::Digest digest;
  const CopyOp* copy = nullptr;  // that reads them; null for a mount
  std::vector<InputMatch> matches = {};
};

// The flag for which steps of the plan that are uncached run.
std::string_view name_uncached(const Plan& plan);

class LastBuild {
 public:
  // All must outlive it. An empty `project` is none: nothing
  // is remembered of what has no place, as a Dockerfile from a pipe.
  LastBuild(store::Store& store, const SourceFile& file, const Plan& plan,
            std::string project);

  // The key of a step, when it is known. A hit also comes to its end then.
  void note_key(std::size_t number, CacheKey key);
  void note_end(std::size_t number);

  std::optional<CacheKey> find_key(std::size_t number) const;

  // What a record keeps of its key, for later builds of this project.
  std::string render_parts(const CacheKey& key) const;

  // Why the cache does not have a step whose key was noted. `obstacle` is what
  // else kept a record from being used: "its ttl of 24h has passed …".
  CacheMiss explain(std::size_t number, const std::string& obstacle,
                    const std::vector<KeyInput>& inputs);

  // Writes what differs from the last build. Throws: system.
  void save();

 private:
  struct Step {
    std::optional<CacheKey> key;
    bool is_over = false;
    bool has_missed = false;
  };
  void load();
  StepFacts facts_at(std::size_t number) const;
  std::vector<std::string> compare_inputs(const StepFacts& was,
                                          const StepFacts& is,
                                          const std::vector<KeyInput>& inputs);
  std::optional<StepFacts> find_record_of(std::size_t number);
  std::string find_cause_below(std::size_t number) const;
  std::string describe_below(std::size_t below, std::size_t old_above) const;
  std::string name_missed_below(std::size_t number) const;
  base::Digest fingerprint() const;
  std::vector<StepFacts> merge() const;

  store::Store& store_;
  const SourceFile& file_;
  const Plan& plan_;
  std::string project_;
  base::Digest project_digest_;
  mutable base::Guarded<std::vector<Step>> steps_;
  bool is_loaded_ = false;
  std::string loaded_text_;
  std::vector<StepFacts> old_;
  std::vector<std::optional<std::size_t>> match_;  // by vertex: in old_
};

}  // namespace builder

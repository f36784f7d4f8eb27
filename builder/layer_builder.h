// Makes each vertex's layer: looks its key up, and on a miss does the work,
// seals what it made, and records it. The StepRunner of real builds.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "builder/diagnostic.h"
#include "builder/exec_step.h"
#include "builder/last_build.h"
#include "builder/same_step.h"
#include "builder/solve.h"
#include "builder/step_check.h"
#include "builder/step_key.h"
#include "store/layer_use.h"

namespace builder {

struct LayerBuilderOptions {
  std::filesystem::path logs;  // where this build's step logs go
  LastBuild& last_build;       // is told of each step, and knows why it missed
  // Called once, before the first step that has to be made, while there is no
  // other thread yet.
  std::function<void()> before_first_miss;
  // Given a RUN whose command failed, on the thread of the step; empty: it goes
  // with its lease.
  std::function<void(FailedStep)> on_failure;
  bool explains = false;  // fills CacheHit::parts
  // Steps of these stages may not miss; "" is all stages (--fail-on-miss).
  std::vector<std::string> fail_on_miss = {};
  // False for those who only look: then nothing is written, checked for a run
  // or prepared for one.
  bool writes = true;
};

class LayerBuilder : public StepRunner {
 public:
  LayerBuilder(const SourceFile& file, const ExecEnvironment& environment,
               Progress& progress, LayerBuilderOptions options);

  // To be called before a build's first step (step_check.h).
  void check(const Plan& plan);

  Lookup find(std::size_t number, const Vertex& vertex,
              const StepInputs& inputs) override;
  StepResult run(std::size_t number, const Vertex& vertex,
                 const StepInputs& inputs, std::stop_token stop) override;

  // The key each vertex was looked up by, once it was.
  std::map<std::size_t, base::Digest> keys() { return *keys_.lock(); }

  // Notes which records were of use; hourly for each, so that a build which
  // finds everything writes nothing most of the time.
  void save_use();

 private:
  // A vertex that the cache does not have.
  struct Miss : StepKey {
    std::size_t number;
    CacheMiss outcome;
  };
  struct Step {
    std::size_t number;
    const Vertex& vertex;
    const StepInputs& inputs;
    std::stop_token stop;
    const Selection& selection;
    const std::optional<BaseView>& view;
  };
  enum class IsCached { yes, no };
  static StepResult result_of(const store::CacheRecord& record,
                              const StepInputs& inputs, IsCached is_cached);
  static StepResult result_of(const store::CacheRecord& record,
                              const StepInputs& inputs, const SameStep& same);
  static void add_place(base::Span& span, std::string_view phase,
                        std::size_t number, const Vertex& vertex);
  StepResult run_base(const BaseOp& op);
  bool knows_absent(const base::Digest& diff_id) const;
  base::Digest find_stable(const base::Digest& diff_id) const;
  void fetch_bases(const BaseOp& op);
  // layer_record.cc
  struct Found {
    std::optional<store::CacheRecord> record;
    std::string obstacle = {};  // why one that is there is of no use
  };
  Found look_up(const Vertex& vertex, const CacheKey& key);
  std::optional<store::CacheRecord> find_record(const Vertex& vertex,
                                                const CacheKey& key);
  // layer_run.cc
  std::optional<StepResult> find_made_elsewhere(const Vertex& vertex,
                                                const StepInputs& inputs,
                                                const Miss& miss,
                                                SameStep& same);
  SameStep::Turn take_turn(const CacheKey& key, SameStep& same);
  std::optional<StepResult> make_layer(const Step& step, const Miss& miss,
                                       std::string& changed);
  store::SealedLayer seal(const store::Lease& lease,
                          const std::filesystem::path& directory);
  std::filesystem::path log_of(std::size_t number) const;
  // "its ttl of 24h has passed (made 26h ago)"; empty while it has not. `where`
  // is what to add to the age.
  static std::string find_expiry(const Vertex& vertex,
                                 std::chrono::sys_seconds recorded,
                                 std::string_view where = {});
  std::optional<StepResult> find_result(const Vertex& vertex,
                                        const StepInputs& inputs, Miss& miss,
                                        std::string& obstacle);
  std::optional<store::Layer> find_layer(const base::Digest& diff_id) const;
  void refuse_miss(const Vertex& vertex, const CacheMiss& miss) const;
  StepResult hit(std::size_t number, CacheKey key,
                 const store::CacheRecord& record, const StepInputs& inputs);
  void note_hit(std::size_t number, CacheKey key);
  void keep_listings(const Vertex& vertex, const Miss& miss);
  // layer_import.cc
  std::optional<StepResult> find_import(const Vertex& vertex,
                                        const CacheKey& key,
                                        const StepInputs& inputs,
                                        std::string& obstacle);
  std::optional<StepResult> find_import(const Vertex& vertex, const Miss& miss,
                                        const StepInputs& inputs,
                                        std::string& obstacle);
  bool stands_on_import(const StepInputs& inputs) const;
  void fetch_inputs(const Vertex& vertex, const StepInputs& inputs);
  // layer_make.cc
  // Makes the vertex's directory below `lease`, which a RUN that fails may take
  // with it; `usage` is that of a RUN.
  std::filesystem::path make(const Step& step, store::Lease& lease,
                             std::optional<runtime::Usage>& usage);
  std::filesystem::path make_exec(const Step& step, const ExecOp& op,
                                  store::Lease& lease,
                                  std::optional<runtime::Usage>& usage);
  std::filesystem::path make_copy(const Step& step, const CopyOp& op,
                                  const store::Lease& lease);
  std::filesystem::path make_workdir(const Step& step, const WorkDirOp& op,
                                     const store::Lease& lease);
  // layer_remote.cc
  StepResult run_remote(const Step& step, const CacheKey& key, SameStep& same);
  std::optional<store::CacheRecord> find_fetched_elsewhere(const Step& step,
                                                           const CacheKey& key,
                                                           SameStep& same);
  enum class Recording { on, off };
  struct MadeLayer {
    store::SealedLayer sealed;
    base::Digest content;  // what tells it from other results
    std::chrono::milliseconds elapsed;
  };
  store::CacheRecord keep(const Vertex& vertex, const Miss& miss,
                          const store::Lease& lease, MadeLayer made,
                          Recording recording);
  std::optional<store::CacheRecord> find_equal_result(
      const Miss& miss, const base::Digest& stable_digest);
  void record(const CacheKey& key, store::CacheRecord result);

  const SourceFile& file_;
  ExecEnvironment environment_;
  Progress& progress_;
  LayerBuilderOptions options_;
  StepCheck check_;
  StepKeys step_keys_;
  store::LayerUse layers_in_use_;
  std::set<base::Digest> read_bases_;  // layers of bases that steps hang on
  base::Guarded<std::map<std::size_t, Miss>> misses_;
  base::Guarded<std::map<std::size_t, base::Digest>> keys_;
  base::Guarded<std::vector<base::Digest>> used_;  // keys, see save_use()
};

}  // namespace builder

// Makes each vertex's layer: looks its key up, and on a miss does the work,
// seals what it made, and records it. The StepRunner of real builds.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "builder/cache_key.h"
#include "builder/diagnostic.h"
#include "builder/exec_step.h"
#include "builder/solve.h"

namespace builder {

struct LayerBuilderOptions {
  bool use_cache = true;        // --no-cache: false; results are recorded anyway
  std::filesystem::path logs;   // where this build's step logs go
};

class LayerBuilder : public StepRunner {
 public:
  LayerBuilder(const SourceFile& file, const ExecEnvironment& environment,
               Progress& progress, LayerBuilderOptions options);

  StepResult run(std::size_t number, const Vertex& vertex,
                 const StepInputs& inputs, std::stop_token stop) override;

 private:
  // One attempt at one vertex.
  struct Step {
    std::size_t number;
    const Vertex& vertex;
    const StepInputs& inputs;
    std::stop_token stop;
    std::optional<Selection> selection;  // COPY and ADD
  };
  StepResult run_base(const BaseOp& op);
  StepResult run_cached(Step& step);
  CacheKey make_key(Step& step);
  void add_copy_input(Step& step, const CopyOp& op, CacheKey& key);
  void add_mount_inputs(const Step& step, const ExecOp& op, CacheKey& key);
  // Makes the vertex's directory below `lease`.
  std::filesystem::path make(Step& step, const store::Lease& lease);
  std::filesystem::path make_exec(Step& step, const ExecOp& op,
                                  const store::Lease& lease);
  std::filesystem::path make_copy(Step& step, const CopyOp& op,
                                  const store::Lease& lease);
  std::filesystem::path make_workdir(Step& step, const WorkDirOp& op,
                                     const store::Lease& lease);
  store::CacheRecord keep(const CacheKey& key,
                          const store::Lease& lease,
                          const std::filesystem::path& directory);
  store::MergedTree tree_of(const Snapshot& snapshot) const;
  Snapshot parent_of(const Step& step) const;

  const SourceFile& file_;
  ExecEnvironment environment_;
  Progress& progress_;
  LayerBuilderOptions options_;
};

}  // namespace builder

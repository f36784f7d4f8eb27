// RUN: turns an ExecOp and the snapshots it uses into a runtime::Spec, and runs
// it with its changes going to a layer directory.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/trace.h"
#include "builder/build_contexts.h"
#include "builder/operation.h"
#include "builder/solve.h"
#include "builder/step_log.h"
#include "runtime/executor.h"
#include "store/lease.h"
#include "store/store.h"

namespace builder {

// Values of --secret by id.
using Secrets = std::map<std::string, std::string>;

struct ExecEnvironment {
  store::Store& store;
  BuildContexts& contexts;
  runtime::Executor& executor;
  const Secrets& secrets;
  base::Trace* trace = nullptr;  // null: nobody asked
};

// Runs one ExecOp. Lives as long as its step: it holds the locks and files that
// the step's mounts need.
class ExecStep {
 public:
  // `directory` is an empty directory of the step's lease.
  ExecStep(const ExecEnvironment& environment, const ExecOp& op,
           const StepInputs& inputs, const store::Lease& lease);

  // The directory with what the step changed.
  // Throws: step_failed when the command failed, saying how; not_found for a
  // user, secret or mount source that is not there; cancelled, system, denied.
  std::filesystem::path run(StepLog& log, std::stop_token stop);

  // The secret values that the step can see, so that its log can hide them.
  static std::vector<std::string> secret_values(const ExecOp& op,
                                                const Secrets& secrets);

  // Throws: not_found when a required secret was not given.
  static void check_secret(const parser::MountOption& option,
                           const Secrets& secrets);

 private:
  runtime::Outcome run_process(const runtime::Root& root,
                               const runtime::Streams& streams);
  runtime::Outcome start_process(const runtime::Root& root,
                                 const runtime::Streams& streams);
  void fill_process(const store::MergedTree& tree);
  void add_script();
  void add_mounts();
  void add_bind(const ExecMount& mount);
  void add_tree_bind(const ExecMount& mount, const Snapshot& snapshot);
  void add_context_bind(const ExecMount& mount);
  void add_cache(const ExecMount& mount);
  void add_secret(const ExecMount& mount);
  void bind(const std::string& source, const ExecMount& mount);
  void bind_file(const ExecMount& mount, const base::Fd& content,
                 const store::Entry& entry);
  std::filesystem::path materialize(const BuildContext& context,
                                    const SourceMatch& match);

  const ExecEnvironment& environment_;
  const ExecOp& op_;
  const StepInputs& inputs_;
  const store::Lease& lease_;
  std::filesystem::path scratch_;
  runtime::Spec spec_;
  std::stop_token stop_;
  std::vector<base::Fd> locks_;  // of cache mounts, until the step is over
};

}  // namespace builder

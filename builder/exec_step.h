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
#include "builder/copy_step.h"
#include "builder/credential_mount.h"
#include "builder/credentials.h"
#include "builder/failed_step.h"
#include "builder/operation.h"
#include "builder/solve.h"
#include "builder/step_log.h"
#include "builder/step_networks.h"
#include "runtime/executor.h"
#include "store/cache_mounts.h"
#include "store/lease.h"
#include "store/store.h"

namespace builder {

class AbsentLayers;
class CacheImports;

struct ExecEnvironment {
  store::Store& store;
  BuildContexts& contexts;
  runtime::Executor& executor;
  const Credentials& credentials;
  // Of every step's root; known when the first step runs.
  const runtime::RootForm& root_form;
  StepNetworks& networks;
  Servers servers = Servers::asked;
  bool keeps_failures = false;      // release() may be called
  base::Trace* trace = nullptr;     // null: nobody asked
  CacheImports* imports = nullptr;  // null: no cache but the store's
  AbsentLayers* absent = nullptr;   // null: no layers but the store's
};

// Runs one ExecOp. Lives as long as its step: it holds the locks and files that
// the step's mounts need.
class ExecStep {
 public:
  // All that is made for the step lies in `lease`.
  ExecStep(const ExecEnvironment& environment, const ExecOp& op,
           const StepInputs& inputs, const store::Lease& lease);

  // The directory with what the step changed.
  // Throws: step_failed when the command failed, saying how; not_found for a
  // user, secret or mount source that is not there; cancelled, system, denied.
  std::filesystem::path run(StepLog& log, std::stop_token stop);

  // After run() has failed: what its command ran in, less its credentials.
  StepSandbox release();

  // What it used, once it was run.
  const runtime::Usage& usage() const noexcept { return usage_; }

 private:
  runtime::Outcome run_process(const runtime::Streams& streams);
  runtime::Outcome start_process(const runtime::Streams& streams);
  void fill_process(const store::MergedTree& tree);
  void add_devices();
  void add_script();
  void add_mounts();

  // exec_mounts.cc
  void add_bind(const ExecMount& mount);
  void add_tree_bind(const ExecMount& mount, const Snapshot& snapshot);
  void add_context_bind(const ExecMount& mount);
  Snapshot snapshot_of(const ExecMount& mount) const;
  std::vector<store::MergedTree::Layer> layers_of(
      const Snapshot& snapshot) const;
  void bind(const std::string& source, const ExecMount& mount);
  void bind_file(const ExecMount& mount, const base::Fd& content,
                 const store::Entry& entry);
  void copy_tree(const SourceMatch& match,
                 const std::filesystem::path& directory,
                 const OpenSource& open);

  // exec_cache.cc
  void take_caches();
  store::CacheMountUse take_cache(const std::vector<const ExecMount*>& group);
  void settle_caches();
  std::string cache_id(const ExecMount& mount);
  void fill_cache(const ExecMount& mount,
                  const std::filesystem::path& directory);
  base::Digest base_content(const ExecMount& mount);
  void copy_base(const ExecMount& mount,
                 const std::filesystem::path& directory);

  const ExecEnvironment& environment_;
  const ExecOp& op_;
  const StepInputs& inputs_;
  const store::Lease& lease_;
  std::filesystem::path scratch_;
  runtime::Spec spec_;
  runtime::Root root_;
  StepLog* log_ = nullptr;  // while it runs
  std::stop_token stop_;
  StepNetworks::Opened network_;
  runtime::Usage usage_;
  // Until the step is over: cache mounts, and the agents it can use.
  std::map<const ExecMount*, std::filesystem::path> caches_;
  std::vector<store::CacheMountUse> cache_uses_;
  std::vector<std::size_t> private_caches_;  // which of these
  StepAgents agents_;
};

}  // namespace builder

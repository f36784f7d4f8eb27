// One run of a planned sandbox, as all executors need it: the parent's side.
//
// Clones the child, carries its output, signals and terminal until it ends,
// and takes away what it left: the overlay's own directories, stubs, and the
// traces of mount points in the upper directory. What the child does is the
// plan's affair.
#pragma once

#include <stop_token>

#include "runtime/cgroup.h"
#include "runtime/death_watch.h"
#include "runtime/executor.h"
#include "runtime/sandbox_plan.h"

namespace runtime {

// What an executor has for a run.
struct RunMeans {
  const Cgroup& cgroup;  // may be empty
  DeathWatch& watch;
};

// As Executor::run says, of the Spec and Root that the plan was made of.
Outcome run_sandbox(const SandboxPlan& plan, const Spec& spec, const Root& root,
                    const RunMeans& means, const Streams& streams,
                    const std::stop_token& stop);

// Throws: cancelled after a request to stop.
void throw_if_stopped(const std::stop_token& stop);

}  // namespace runtime

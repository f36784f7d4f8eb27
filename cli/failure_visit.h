// Looking around in a RUN that failed: a command or a shell where it ended, on
// our own terminal or streams.
#pragma once

#include <string>
#include <vector>

#include "builder/failed_step.h"

namespace cli {

// Tells where we are and what is not as it was, runs the command (empty: a
// shell) and returns its exit code. Signals are for the command, for good, so
// no InterruptWatcher may be at work. Throws: as FailedStep::enter.
int visit(builder::FailedStep& step, runtime::Executor& executor,
          const builder::Credentials& credentials,
          const std::vector<std::string>& command);

}  // namespace cli

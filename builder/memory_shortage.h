// How it is said that a process was killed for want of memory: in the failure
// of a RUN, in a warning, and by strake run.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/executor.h"

namespace builder {

// "out of memory (limit 64 MiB, peak 64 MiB)"; without a limit of ours it was
// the machine, or a control group that strake itself is in. Empty when nothing
// was killed.
std::string render_shortage(const runtime::Usage& usage,
                            const runtime::Resources& resources);

// "64 MiB", "1.5 GiB", as --memory has them.
std::string render_memory(std::uint64_t bytes);

}  // namespace builder

// What the child reported, in words.
#pragma once

#include "base/error.h"
#include "runtime/report.h"
#include "runtime/sandbox_plan.h"

namespace runtime {

// step_failed for a command that is missing (the text ends in "exit code 127")
// or cannot be executed (126), as shells and Docker number them; otherwise
// system or denied, naming the step and what it was about.
base::Error setup_error(const Failure& failure, const SandboxPlan& plan);

// The interpreter that an executable beginning with `head` asks for: of a "#!"
// line, or of an ELF program header. Empty when there is none.
std::string find_interpreter(const std::string& head);

}  // namespace runtime

// The command's process where a child of ours has it started by somebody else.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "runtime/child_process.h"

namespace runtime {

// By the number that it has in our pid namespace. `number` is that in the
// namespace whose first process `child` is, and it is a child of that. nullopt
// until it has executed the command, when it is gone, and on a kernel that
// lists no children (CONFIG_PROC_CHILDREN). Throws: system.
std::optional<pid_t> find_command(const ChildProcess& child, pid_t number);

// The content of /proc/PROCESS/NAME; empty when the process is gone.
// Throws: system.
std::string read_of_process(pid_t process, std::string_view name);

// Whether a process with this /proc/PID/stat has called execve(2) since it was
// cloned. Allocates nothing, for the child's sake.
bool has_executed(const char* stat) noexcept;

}  // namespace runtime

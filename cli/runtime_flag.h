// --runtime, else $STRAKE_RUNTIME: by what the commands of steps and containers
// are run. No part of any step's key: the result is the same by each.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "runtime/executor.h"

namespace cli {

// "native" (also when nothing is said), the name of an OCI runtime in our PATH,
// or a path. Throws: usage for one that is not there, with those that are.
std::unique_ptr<runtime::Executor> make_executor(
    const std::optional<std::string>& flag);

}  // namespace cli

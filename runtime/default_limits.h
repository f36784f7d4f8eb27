// The limits of a process that nobody set: the same whatever shell strake was
// started from, as docker's are its daemon's.
#pragma once

#include <vector>

#include "runtime/spec.h"

namespace runtime {

// Soft limits are raised or lowered to what is meant; hard ones are only
// lowered, since raising them takes a right that containers and users lack.
// Those that are as meant already are left out.
//
// Of files a million, since a limit of a thousand million makes programs that
// close them one by one stand still. Of a core file 1 byte, which is none: 0
// would still start the program that /proc/sys/kernel/core_pattern names, on
// the host, with the step's memory and secrets as its input.
std::vector<Rlimit> default_limits();

}  // namespace runtime

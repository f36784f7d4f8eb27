// Seccomp rules as the program that the kernel runs at each system call:
// classic BPF, seccomp(2).
//
// A call's number says what becomes of it, in nearly all cases, and neighbours
// mostly fare alike; so the program is a binary search over runs of numbers,
// for each architecture whose programs the machine executes.
//
// Refused: libseccomp's own compiler. It has a leaf for each number: five times
// the instructions, which every step pays for when it loads them, and 12 ms to
// make them, where this takes under 2.
//
// A call that came after Linux 6.4 (cachestat and what follows it) and that no
// rule names is ENOSYS wherever the default is a failure, so that a C library
// falls back to what it did before, where EPERM would end the program.
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "runtime/spec.h"

namespace runtime {

using SeccompProgram = std::vector<sock_filter>;

// Throws: unsupported when libseccomp is not installed, or for more rules than
// a filter can hold.
SeccompProgram compile_seccomp(const Seccomp& seccomp);

// Names in its rules that no architecture has a call for: they match nothing.
// Throws: unsupported.
std::vector<std::string> find_unknown_calls(const Seccomp& seccomp);

}  // namespace runtime

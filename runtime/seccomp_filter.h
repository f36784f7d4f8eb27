// Seccomp rules as the program that the kernel runs at each system call:
// classic BPF, seccomp(2).
//
// A call's number says what becomes of it, in nearly all cases, and neighbours
// mostly fare alike; so the program is a binary search over runs of numbers,
// for each architecture whose programs the machine executes (i386 and x32
// beside x86-64). libseccomp tells the numbers' names.
//
// Refused: libseccomp's own compiler. It has a leaf for each number: five times
// the instructions, which every step pays for when it loads them, and 12 ms to
// make them, where this takes under 2.
//
// Calls that are newer than the library have no names there. Those that are
// plain newer forms of allowed ones are allowed by number; any other is ENOSYS,
// so that a C library falls back to what it did before, where EPERM would end
// the program.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "runtime/spec.h"

namespace runtime {

using SeccompProgram = std::vector<sock_filter>;

// Throws: unsupported when libseccomp is not installed, or for more rules than
// a filter can hold.
SeccompProgram compile_seccomp(const Seccomp& seccomp);

}  // namespace runtime

// Names and numbers of system calls, on each architecture whose programs the
// machine executes: i386 and x32 beside x86-64, arm beside arm64.
//
// libseccomp tells them; calls that are newer than the library, which have one
// number everywhere, are in a list of ours.
#pragma once

#include <seccomp.h>

#include <cstdint>
#include <string>
#include <vector>

namespace runtime {

// Numbers of one architecture that have names.
struct NumberRange {
  const char* name;            // "SCMP_ARCH_X32"
  std::uint32_t architecture;  // the same, as libseccomp's number
  std::uint32_t first;
  std::uint32_t count;
};

// What the kernel tells apart, with all the calls that are made there.
struct Machine {
  std::uint32_t architecture;  // AUDIT_ARCH_*
  unsigned argument_bits;
  std::vector<NumberRange> ranges;
};

// The machine's own programs first.
const std::vector<Machine>& machines();

// Whether a call came after those that every architecture numbers in its own
// way.
bool is_new_call(std::uint32_t number);

class SyscallNames {
 public:
  // Throws: unsupported when libseccomp is not installed.
  SyscallNames();

  // Empty: the number has none.
  std::string find(std::uint32_t architecture, std::uint32_t number) const;
  // Whether any architecture has the call, also one that is not ours.
  bool is_known(const std::string& name) const;

 private:
  decltype(&seccomp_syscall_resolve_num_arch) name_of_ = nullptr;
  decltype(&seccomp_syscall_resolve_name) number_of_ = nullptr;
};

}  // namespace runtime

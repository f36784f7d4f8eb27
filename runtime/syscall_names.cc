#include "runtime/syscall_names.h"

#include <linux/audit.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/dynamic_library.h"

namespace runtime {
namespace {

// From here on a number is the same call on every architecture.
constexpr std::uint32_t kFirstNewCall = 451;
constexpr std::array<std::string_view, 19> kNewCalls = {
    "cachestat",         "fchmodat2",        "map_shadow_stack",
    "futex_wake",        "futex_wait",       "futex_requeue",
    "statmount",         "listmount",        "lsm_get_self_attr",
    "lsm_set_self_attr", "lsm_list_modules", "mseal",
    "setxattrat",        "getxattrat",       "listxattrat",
    "removexattrat",     "open_tree_attr",   "file_getattr",
    "file_setattr",
};
constexpr std::uint32_t kNamedCalls =
    kFirstNewCall + static_cast<std::uint32_t>(kNewCalls.size());

// x32 is x86-64 with a bit set in the number, and some calls of its own
// (asm/unistd_x32.h).
constexpr std::uint32_t kX32Bit = 0x40000000;
constexpr std::uint32_t kFirstX32Call = 512;
constexpr std::uint32_t kX32Calls = 548;

}  // namespace

const std::vector<Machine>& machines() {
#if defined(__x86_64__)
  static const std::vector<Machine> kMachines = {
      {AUDIT_ARCH_X86_64,
       64,
       {{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, 0, kNamedCalls},
        {"SCMP_ARCH_X32", SCMP_ARCH_X32, kX32Bit, kX32Calls}}},
      {AUDIT_ARCH_I386,
       32,
       {{"SCMP_ARCH_X86", SCMP_ARCH_X86, 0, kNamedCalls}}}};
#elif defined(__aarch64__)
  constexpr std::uint32_t kArmPrivate = 0xf0000;
  static const std::vector<Machine> kMachines = {
      {AUDIT_ARCH_AARCH64,
       64,
       {{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, 0, kNamedCalls}}},
      {AUDIT_ARCH_ARM,
       32,
       {{"SCMP_ARCH_ARM", SCMP_ARCH_ARM, 0, kNamedCalls},
        {"SCMP_ARCH_ARM", SCMP_ARCH_ARM, kArmPrivate, 8}}}};
#else
#error "which system calls does this architecture have?"
#endif
  return kMachines;
}

bool is_new_call(std::uint32_t number) {
  constexpr std::uint32_t kPrivateCalls =
      0x8000;  // arm's, far above all others
  const bool is_x32 = (number & kX32Bit) != 0;
  const std::uint32_t plain = number & ~kX32Bit;
  if (is_x32 && plain >= kFirstX32Call && plain < kX32Calls) return false;
  return plain >= kFirstNewCall && plain < kPrivateCalls;
}

SyscallNames::SyscallNames() {
  const base::DynamicLibrary library("libseccomp.so.2");
  library.load(name_of_, "seccomp_syscall_resolve_num_arch");
  library.load(number_of_, "seccomp_syscall_resolve_name");
}

std::string SyscallNames::find(std::uint32_t architecture,
                               std::uint32_t number) const {
  const std::unique_ptr<char, decltype(&std::free)> name(
      name_of_(architecture, static_cast<int>(number)), &std::free);
  if (name) return name.get();
  const std::uint32_t plain = number & ~kX32Bit;
  if (plain < kFirstNewCall || plain >= kNamedCalls) return {};
  return std::string(kNewCalls[plain - kFirstNewCall]);
}

bool SyscallNames::is_known(const std::string& name) const {
  return number_of_(name.c_str()) != __NR_SCMP_ERROR ||
         std::find(kNewCalls.begin(), kNewCalls.end(), name) != kNewCalls.end();
}

}  // namespace runtime

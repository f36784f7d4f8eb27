// Limits, groups, user and capabilities of the command.
//
// System calls are made directly: the C library's setuid() and its kin try to
// change every thread of the process, and it still counts the parent's.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/child.h"

namespace runtime {
namespace {

bool contains(std::uint64_t set, int capability) noexcept {
  return ((set >> capability) & 1) != 0;
}

void drop_bounding(std::uint64_t kept, const Reporter& report) noexcept {
  for (int capability = 0; capability < 64; ++capability) {
    if (contains(kept, capability)) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) return;  // past the last one this kernel knows
    report.fail(SetupStep::drop_bounding, errno);
  }
}

// A change of user from root takes all from the effective set.
void raise_effective(const Reporter& report) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  report.check(::syscall(SYS_capget, &header, data.data()),
               SetupStep::set_user);
  for (__user_cap_data_struct& half : data) half.effective = half.permitted;
  report.check(::syscall(SYS_capset, &header, data.data()),
               SetupStep::set_user);
}

}  // namespace

// None of it is worth failing for. The keyring: a program that reaches its
// session's keys, with a profile that lets it, would reach the caller's.
void forget_caller() noexcept {
  ::personality(PER_LINUX);
  ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  const int file = ::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  char sign = 0;
  if (::read(file, &sign, 1) == 1 && sign == '-') {
    [[maybe_unused]] const ssize_t count = ::pwrite(file, "0", 1, 0);
  }
  ::close(file);
}

void set_capabilities(const CapabilitySets& sets,
                      const Reporter& report) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  for (unsigned half = 0; half < 2; ++half) {
    const unsigned shift = half * 32;
    data[half].effective = static_cast<std::uint32_t>(sets.effective >> shift);
    data[half].permitted = static_cast<std::uint32_t>(sets.permitted >> shift);
    data[half].inheritable =
        static_cast<std::uint32_t>(sets.inheritable >> shift);
  }
  report.check(::syscall(SYS_capset, &header, data.data()),
               SetupStep::set_capabilities);
  for (int capability = 0; capability < 64; ++capability) {
    if (!contains(sets.ambient, capability)) continue;
    report.check(
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0),
        SetupStep::set_capabilities);
  }
}

void assume_identity(const IdentityPlan& plan,
                     const Reporter& report) noexcept {
  for (std::size_t i = 0; i < plan.limits.size(); ++i) {
    const LimitPlan& limit = plan.limits[i];
    report.check(
        ::syscall(SYS_prlimit64, 0, limit.resource, &limit.limit, nullptr),
        SetupStep::set_rlimit, i);
  }
  drop_bounding(plan.capabilities.bounding, report);
  if (!plan.keeps_groups) {
    report.check(
        ::syscall(SYS_setgroups, plan.groups.size(), plan.groups.data()),
        SetupStep::set_groups);
  }
  report.check(::syscall(SYS_setresgid, plan.gid, plan.gid, plan.gid),
               SetupStep::set_groups);
  // Without this a user who is not root could be given no ambient ones.
  report.check(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), SetupStep::set_user);
  report.check(::syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid),
               SetupStep::set_user);
  report.check(::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0), SetupStep::set_user);
  raise_effective(report);
  if (plan.no_new_privileges) {
    report.check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                 SetupStep::set_no_new_privileges);
  }
  ::umask(plan.umask);
}

}  // namespace runtime

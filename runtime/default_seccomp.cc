// The system calls of a step: the effect of Docker's default profile
// (moby profiles/seccomp), so that what builds there builds here.
//
// What is not listed fails with EPERM. Left out on purpose, since a container
// has no business with them or they have been ways out of one: keyrings
// (add_key, keyctl, request_key), io_uring, userfaultfd, kexec, swapon, nfs,
// quota and module calls, the clock's, and whatever makes namespaces or mounts.
// The last come back with the capability that they need.
//
// Names that one architecture lacks are no error: the list is of them all.
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "runtime/spec.h"

namespace runtime {
namespace {

using Names = std::vector<std::string>;
using Operator = Seccomp::Argument::Operator;

const Names& file_calls() {
  static const Names kNames = {
      // Names and directories
      "access", "faccessat", "faccessat2", "chdir", "fchdir", "getcwd", "link",
      "linkat", "symlink", "symlinkat", "readlink", "readlinkat", "rename",
      "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat",
      "rmdir", "mknod", "mknodat", "getdents", "getdents64", "umask",
      // Opening and what is open
      "open", "openat", "openat2", "creat", "close", "close_range", "dup",
      "dup2", "dup3", "fcntl", "fcntl64", "flock", "pipe", "pipe2", "ioctl",
      "memfd_create", "memfd_secret",
      // State
      "stat", "stat64", "lstat", "lstat64", "fstat", "fstat64", "fstatat64",
      "newfstatat", "statx", "statfs", "statfs64", "fstatfs", "fstatfs64",
      "chmod", "fchmod", "fchmodat", "chown", "chown32", "fchown", "fchown32",
      "fchownat", "lchown", "lchown32", "utime", "utimes", "utimensat",
      "utimensat_time64", "futimesat", "truncate", "truncate64", "ftruncate",
      "ftruncate64", "fallocate", "getxattr", "lgetxattr", "fgetxattr",
      "listxattr", "llistxattr", "flistxattr", "setxattr", "lsetxattr",
      "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
      "name_to_handle_at",
      // Bytes
      "read", "readv", "pread64", "preadv", "preadv2", "readahead", "write",
      "writev", "pwrite64", "pwritev", "pwritev2", "lseek", "_llseek",
      "sendfile", "sendfile64", "copy_file_range", "splice", "tee", "vmsplice",
      "fadvise64", "fadvise64_64", "fsync", "fdatasync", "sync", "syncfs",
      "sync_file_range",
      // Readiness and change
      "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6",
      "pselect6_time64", "epoll_create", "epoll_create1", "epoll_ctl",
      "epoll_ctl_old", "epoll_wait", "epoll_wait_old", "epoll_pwait",
      "epoll_pwait2", "eventfd", "eventfd2", "inotify_init", "inotify_init1",
      "inotify_add_watch", "inotify_rm_watch", "fanotify_mark", "io_setup",
      "io_destroy", "io_submit", "io_cancel", "io_getevents", "io_pgetevents",
      "io_pgetevents_time64"};
  return kNames;
}

const Names& process_calls() {
  static const Names kNames = {
      // Processes and threads
      "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4",
      "waitid", "waitpid", "getpid", "getppid", "gettid", "getpgid", "getpgrp",
      "setpgid", "getsid", "setsid", "prctl", "pidfd_open", "pidfd_send_signal",
      "process_mrelease", "set_tid_address", "get_thread_area",
      "set_thread_area", "get_robust_list", "set_robust_list", "rseq",
      "membarrier", "restart_syscall", "futex", "futex_time64", "futex_waitv",
      "ptrace", "process_vm_readv", "process_vm_writev", "getcpu", "times",
      "getrusage", "getrlimit", "ugetrlimit", "setrlimit", "prlimit64",
      "seccomp", "landlock_create_ruleset", "landlock_add_rule",
      "landlock_restrict_self",
      // Who it is
      "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32",
      "getegid", "getegid32", "getresuid", "getresuid32", "getresgid",
      "getresgid32", "getgroups", "getgroups32", "setuid", "setuid32", "setgid",
      "setgid32", "setreuid", "setreuid32", "setregid", "setregid32",
      "setresuid", "setresuid32", "setresgid", "setresgid32", "setgroups",
      "setgroups32", "setfsuid", "setfsuid32", "setfsgid", "setfsgid32",
      "capget", "capset",
      // Priorities
      "getpriority", "setpriority", "ioprio_get", "ioprio_set",
      "sched_getaffinity", "sched_setaffinity", "sched_getattr",
      "sched_setattr", "sched_getparam", "sched_setparam", "sched_getscheduler",
      "sched_setscheduler", "sched_get_priority_max", "sched_get_priority_min",
      "sched_rr_get_interval", "sched_rr_get_interval_time64", "sched_yield",
      // Signals
      "kill", "tkill", "tgkill", "pause", "rt_sigaction", "rt_sigpending",
      "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend",
      "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo",
      "sigaltstack", "signalfd", "signalfd4", "sigprocmask", "sigreturn"};
  return kNames;
}

const Names& other_calls() {
  static const Names kNames = {
      // Memory
      "brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise",
      "mincore", "msync", "mlock", "mlock2", "mlockall", "munlock",
      "munlockall", "remap_file_pages", "pkey_alloc", "pkey_free",
      "pkey_mprotect",
      // Sockets
      "socketpair", "socketcall", "bind", "listen", "accept", "accept4",
      "connect", "shutdown", "getsockname", "getpeername", "getsockopt",
      "setsockopt", "send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom",
      "recvmsg", "recvmmsg", "recvmmsg_time64",
      // System V and POSIX inter-process communication
      "ipc", "msgctl", "msgget", "msgrcv", "msgsnd", "semctl", "semget",
      "semop", "semtimedop", "semtimedop_time64", "shmat", "shmctl", "shmdt",
      "shmget", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive",
      "mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64",
      "mq_unlink",
      // Time; setting the clock needs a capability besides
      "time", "gettimeofday", "clock_gettime", "clock_gettime64",
      "clock_getres", "clock_getres_time64", "clock_nanosleep",
      "clock_nanosleep_time64", "nanosleep", "adjtimex", "clock_adjtime",
      "clock_adjtime64", "alarm", "getitimer", "setitimer", "timer_create",
      "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64",
      "timer_settime", "timer_settime64", "timerfd_create", "timerfd_gettime",
      "timerfd_gettime64", "timerfd_settime", "timerfd_settime64",
      // The machine
      "uname", "sysinfo", "getrandom",
      // Of one architecture
      "arch_prctl", "modify_ldt", "arm_fadvise64_64", "arm_sync_file_range",
      "sync_file_range2", "breakpoint", "cacheflush", "set_tls",
      "riscv_flush_icache", "swapcontext", "s390_pci_mmio_read",
      "s390_pci_mmio_write", "s390_runtime_instr"};
  return kNames;
}

struct Privileged {
  std::string_view capability;
  Names names;
};

const std::vector<Privileged>& privileged_calls() {
  static const std::vector<Privileged> kCalls = {
      {"CAP_DAC_READ_SEARCH", {"open_by_handle_at"}},
      {"CAP_SYS_ADMIN", {"bpf",           "clone",           "clone3",
                         "fanotify_init", "fsconfig",        "fsmount",
                         "fsopen",        "fspick",          "lookup_dcookie",
                         "mount",         "mount_setattr",   "move_mount",
                         "open_tree",     "perf_event_open", "quotactl",
                         "quotactl_fd",   "setdomainname",   "sethostname",
                         "setns",         "syslog",          "umount",
                         "umount2",       "unshare"}},
      {"CAP_SYS_BOOT", {"reboot"}},
      {"CAP_SYS_CHROOT", {"chroot"}},
      {"CAP_SYS_MODULE", {"delete_module", "init_module", "finit_module"}},
      {"CAP_SYS_PACCT", {"acct"}},
      {"CAP_SYS_PTRACE", {"kcmp", "pidfd_getfd", "process_madvise"}},
      {"CAP_SYS_RAWIO", {"iopl", "ioperm"}},
      {"CAP_SYS_TIME",
       {"settimeofday", "stime", "clock_settime", "clock_settime64"}},
      {"CAP_SYS_TTY_CONFIG", {"vhangup"}},
      {"CAP_SYS_NICE",
       {"get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"}},
      {"CAP_SYSLOG", {"syslog"}},
      {"CAP_BPF", {"bpf"}},
      {"CAP_PERFMON", {"perf_event_open"}},
  };
  return kCalls;
}

Seccomp::Rule allow(Names names,
                    std::vector<Seccomp::Argument> arguments = {}) {
  return {std::move(names), Seccomp::Action::allow, EPERM,
          std::move(arguments)};
}

// Newer forms of calls that are allowed. Of what else is newer than this list a
// program is told ENOSYS, see seccomp_filter.h.
const Names& newer_calls() {
  static const Names kNames = {
      "cachestat",   "fchmodat2",    "map_shadow_stack",
      "futex_wake",  "futex_wait",   "futex_requeue",
      "mseal",       "setxattrat",   "getxattrat",
      "listxattrat", "removexattrat"};
  return kNames;
}

// A new process may be in no namespace that its parent is not in. clone3(2) has
// its flags in memory, where no filter sees them: ENOSYS makes C libraries fall
// back to clone(2).
void add_clone(Seccomp& seccomp) {
  constexpr std::uint64_t kNamespaces =
      CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
      CLONE_NEWNET | CLONE_NEWCGROUP;
#if defined(__s390x__)
  constexpr unsigned kFlags = 1;
#else
  constexpr unsigned kFlags = 0;
#endif
  seccomp.rules.push_back(
      allow({"clone"}, {{kFlags, Operator::equal, 0, kNamespaces}}));
  seccomp.rules.push_back({{"clone3"}, Seccomp::Action::fail, ENOSYS, {}});
}

// To the virtual machine's host, past every namespace of the network. The
// kernel looks at the lower half of the argument alone, and so do we.
void add_socket(Seccomp& seccomp) {
  seccomp.rules.push_back(
      allow({"socket"}, {{0, Operator::not_equal, AF_VSOCK, 0xffffffff}}));
}

// The personalities of personality(2) that change nothing for others: none,
// PER_LINUX32, UNAME26 with each, and the question which it is.
void add_personality(Seccomp& seccomp) {
  for (const std::uint64_t value :
       {0x0UL, 0x8UL, 0x20000UL, 0x20008UL, 0xffffffffUL}) {
    seccomp.rules.push_back(
        allow({"personality"}, {{0, Operator::equal, value}}));
  }
}

// Docker's archMap: the machine's own programs and the older ones that its
// kernel runs as well.
std::vector<std::string> own_architectures() {
#if defined(__x86_64__)
  return {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
#elif defined(__aarch64__)
  return {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"};
#else
#error "whose system calls does this machine answer?"
#endif
}

}  // namespace

Seccomp default_seccomp(const std::vector<std::string>& capabilities) {
  const auto has = [&](std::string_view capability) {
    return std::find(capabilities.begin(), capabilities.end(), capability) !=
           capabilities.end();
  };
  Seccomp seccomp;
  seccomp.architectures = own_architectures();
  for (const Names* names :
       {&file_calls(), &process_calls(), &other_calls(), &newer_calls()}) {
    seccomp.rules.push_back(allow(*names));
  }
  add_socket(seccomp);
  add_personality(seccomp);
  for (const Privileged& calls : privileged_calls()) {
    if (has(calls.capability)) seccomp.rules.push_back(allow(calls.names));
  }
  if (!has("CAP_SYS_ADMIN")) add_clone(seccomp);
  return seccomp;
}

}  // namespace runtime

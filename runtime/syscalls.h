// System calls that the C library has no function for, with its convention:
// -1 and errno on failure. All are safe between clone and exec. (glibc 2.36
// has the pidfd ones, but its header forgets extern "C".)
#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string_view>

namespace runtime {

// fork(2) with flags, namespaces and a pidfd; 0 in the child.
inline long clone3(clone_args& args) noexcept {
  return ::syscall(SYS_clone3, &args, sizeof args);
}

// _exit(2), past the hooks that sanitizers put there: they would judge the
// child by the parent's other threads. Where a filter refuses even that, a
// signal ends us.
[[noreturn]] inline void exit_child(int status) noexcept {
  ::syscall(SYS_exit_group, status);
  __builtin_trap();
}

inline int pivot_root(const char* new_root, const char* put_old) noexcept {
  return static_cast<int>(::syscall(SYS_pivot_root, new_root, put_old));
}

inline int pidfd_open(pid_t process) noexcept {
  return static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
}

inline int pidfd_send_signal(int pidfd, int signal) noexcept {
  return static_cast<int>(
      ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

// All of it, or errno says why not.
inline bool write_all(int file, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Opens `path` with `resolve` rules; always close-on-exec.
inline int openat2(int directory, const char* path, std::uint64_t flags,
                   std::uint64_t resolve) noexcept {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = resolve;
  // EAGAIN: a rename raced with the resolution of ".."; the kernel asks for
  // another try.
  for (int attempt = 0;; ++attempt) {
    const long raw = ::syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (raw >= 0) return static_cast<int>(raw);
    if (errno != EINTR && (errno != EAGAIN || attempt >= 1000)) return -1;
  }
}

// `path` as a process with its root at `root` sees it: no "..", symbolic link
// or absolute target leads out.
inline int open_inside(int root, const char* path,
                       std::uint64_t flags) noexcept {
  return openat2(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

}  // namespace runtime

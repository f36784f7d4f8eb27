// Makes system calls that a sandbox refuses, and prints what each gave.
// Static, so that a step can run it; see hostile_steps_stay_inside.sh.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char* name, long result) {
  printf("%s %s\n", name, result >= 0 ? "done" : strerrorname_np(errno));
  fflush(stdout);
}

int main(void) {
  char buffer[256] = "";
  tell("add_key", syscall(SYS_add_key, "user", "k", "v", 1, -3));
  tell("keyctl", syscall(SYS_keyctl, 0, -3, 0));
  tell("request_key", syscall(SYS_request_key, "user", "k", 0, -3));
  tell("userfaultfd", syscall(SYS_userfaultfd, 0));
  tell("perf_event_open", syscall(SYS_perf_event_open, buffer, 0, -1, -1, 0));
  tell("bpf", syscall(SYS_bpf, 5, buffer, sizeof buffer));
  tell("io_uring_setup", syscall(SYS_io_uring_setup, 1, buffer));
  tell("unshare", unshare(CLONE_NEWUSER));
  tell("clone", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  tell("clone3", syscall(SYS_clone3, buffer, 88));
  tell("setns", setns(open("/proc/self/ns/mnt", O_RDONLY), 0));
  tell("mount", mount("none", "/tmp", "tmpfs", 0, ""));
  tell("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  tell("pivot_root", syscall(SYS_pivot_root, "/", "/"));
  tell("open_by_handle_at", syscall(SYS_open_by_handle_at, 3, buffer, 0));
  tell("init_module", syscall(SYS_init_module, buffer, 1, ""));
  tell("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
  tell("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0));
  tell("swapon", syscall(SYS_swapon, "/tmp", 0));
  tell("iopl", syscall(SYS_iopl, 3));
  tell("syslog", syscall(SYS_syslog, 3, buffer, 10));
  tell("personality", syscall(SYS_personality, 0x40000));
  tell("tty", open("/dev/tty", O_RDWR));
  tell("tiocsti", ioctl(0, TIOCSTI, "x"));
#if defined(__x86_64__)
  long result = 20;  // getpid of i386: such programs run, and are filtered
  __asm__ volatile("int $0x80" : "+a"(result)::"memory");
  printf("i386 %s\n", result > 0 ? "done" : "failed");
  result = 21;  // and mount
  __asm__ volatile("int $0x80" : "+a"(result) : "b"(0), "c"(0) : "memory");
  printf("i386 mount %s\n", result == -EPERM ? "EPERM" : "done");
#endif
  return 0;
}

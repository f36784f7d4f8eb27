#include "runtime/child.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "runtime/inheritance.h"
#include "runtime/path_maker.h"
#include "runtime/syscalls.h"

#if defined(__SANITIZE_THREAD__)
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreSyncBegin(const char* file, int line);
#endif

namespace runtime {
namespace {

// The thread sanitizer hooks fork() but not clone3: it would take the child's
// copy of the memory for the parent's, and see races with threads that do not
// exist here.
void leave_sanitizer() noexcept {
#if defined(__SANITIZE_THREAD__)
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
#endif
}

// The kernel kills us when the parent's thread ends. Had it ended before we
// asked, nobody would, so look once after asking.
void tie_to_parent(const ChildFiles& files, const Reporter& report) noexcept {
  report.check(::prctl(PR_SET_PDEATHSIG, SIGKILL), SetupStep::tie_to_parent);
  pollfd parent{files.parent, POLLIN, 0};
  if (::poll(&parent, 1, 0) != 0) exit_child(127);
}

// The namespace is made once we are where the command will be: its root is the
// cgroup of the process that makes it.
void join_cgroup(const SandboxPlan& plan, const ChildFiles& files,
                 const Reporter& report) noexcept {
  for (const int entrance : files.cgroup_entrances) {
    report.check(::write(entrance, "0", 1), SetupStep::join_cgroup);
  }
  if (plan.cgroup_namespace_later) {
    report.check(::unshare(CLONE_NEWCGROUP), SetupStep::join_cgroup);
  }
}

void bring_up_loopback(const Reporter& report) noexcept {
  const int socket =
      report.check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
                   SetupStep::bring_up_loopback);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  report.check(::ioctl(socket, SIOCSIFFLAGS, &request),
               SetupStep::bring_up_loopback);
  ::close(socket);
}

// Afterwards the host's mounts are gone from our namespace. With both
// arguments the same directory the old root is stacked on the new one, where
// it can be let go without a directory to put it in.
void enter_root(int root, int cwd, const Reporter& report) noexcept {
  report.check(::fchdir(root), SetupStep::pivot_root);
  report.check(pivot_root(".", "."), SetupStep::pivot_root);
  report.check(::umount2(".", MNT_DETACH), SetupStep::pivot_root);
  // Not by its path: a step that shares the mount it lies in may have put a
  // link of /proc there since, to a file that we have open.
  report.check(::fchdir(cwd), SetupStep::enter_cwd);
  ::close(cwd);
}

// As late as can be: what we do behind it a profile may refuse. The flag:
// without it the kernel would also slow down a filtered program's memory,
// against an attack on programs that run code of others in-process.
void filter_system_calls(const SandboxPlan& plan,
                         const Reporter& report) noexcept {
  if (plan.system_call_filter.empty()) return;
  sock_fprog program{};
  program.len = static_cast<unsigned short>(plan.system_call_filter.size());
  program.filter = const_cast<sock_filter*>(plan.system_call_filter.data());
  report.check(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                         SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program),
               SetupStep::filter_system_calls);
}

// Without no_new_privs, which would take the effect from setuid programs, the
// kernel wants CAP_SYS_ADMIN for a filter.
void give_up_rights(const SandboxPlan& plan, const Reporter& report) noexcept {
  const CapabilitySets& capabilities = plan.identity.capabilities;
  if (plan.identity.no_new_privileges) {
    set_capabilities(capabilities, report);
    filter_system_calls(plan, report);
  } else {
    filter_system_calls(plan, report);
    set_capabilities(capabilities, report);
  }
}

void connect(int file, int stream, const Reporter& report) noexcept {
  if (file < 0) return;
  report.check(::dup2(file, stream), SetupStep::connect_streams);
}

bool is_null(int file) noexcept {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == makedev(1, 3);
}

// A stream that is the machine's /dev/null becomes the sandbox's: root's chmod
// of /dev/stdin is to be no change of the machine.
void use_own_null() noexcept {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (!is_null(stream)) continue;
    const int access = ::fcntl(stream, F_GETFL) & O_ACCMODE;
    const int own =
        ::open("/dev/null", access | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
    if (own >= 0 && is_null(own)) ::dup2(own, stream);
    if (own >= 0) ::close(own);
  }
}

// A program opens /dev/stdout anew as its own user, whose the pipe must be. One
// that cannot be given away is left as it is.
void give_streams(const ChildFiles& files, uid_t owner) noexcept {
  for (const int file : {files.standard_output, files.standard_error}) {
    if (file >= 0) ::fchown(file, owner, static_cast<gid_t>(-1));
  }
}

}  // namespace

int make_cwd(const SandboxPlan& plan, int root,
             const Reporter& report) noexcept {
  const char* cwd = plan.command.cwd.c_str();
  const int found = open_inside(root, cwd, O_PATH | O_DIRECTORY);
  if (found >= 0) return found;
  if (errno != ENOENT) report.fail(SetupStep::make_cwd, errno);
  const int error = PathMaker(root).make(cwd, PointKind::directory);
  if (error != 0) report.fail(SetupStep::make_cwd, error);
  return report.check(open_inside(root, cwd, O_PATH | O_DIRECTORY),
                      SetupStep::make_cwd);
}

void connect_streams(const ChildFiles& files, const Reporter& report) noexcept {
  connect(files.standard_input, STDIN_FILENO, report);
  connect(files.standard_output, STDOUT_FILENO, report);
  connect(files.standard_error, STDERR_FILENO, report);
}

void run_child(const SandboxPlan& plan, const ChildFiles& files) noexcept {
  leave_sanitizer();
  const Reporter report(files.report);
  tie_to_parent(files, report);
  join_cgroup(plan, files, report);
  reset_signals();
  ::umask(0);
  ::setsid();  // without a controlling terminal
  forget_caller();
  report.check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
               SetupStep::make_mounts_private);
  // Before /sys is mounted, which shows the network of who mounts it.
  if (files.network >= 0) {
    report.check(::setns(files.network, CLONE_NEWNET), SetupStep::join_network);
  }
  if ((plan.namespaces & CLONE_NEWNET) != 0) bring_up_loopback(report);
  if (!plan.hostname.empty()) {
    report.check(::sethostname(plan.hostname.data(), plan.hostname.size()),
                 SetupStep::set_hostname);
  }
  const int root = mount_root(plan.overlay, report);
  if (plan.oci) supervise_runtime(plan, root, files, report);
  fill_root(plan, root, report);
  ChildFiles streams = files;
  if (plan.terminal) {
    streams.standard_input = streams.standard_output = streams.standard_error =
        make_terminal(*plan.terminal, root, files.terminal, report);
  }
  const int cwd = make_cwd(plan, root, report);
  if (plan.root_readonly) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    report.check(::mount_setattr(root, "", AT_EMPTY_PATH, &attributes,
                                 sizeof attributes),
                 SetupStep::protect_root);
  }
  enter_root(root, cwd, report);
  give_streams(files, plan.identity.uid);
  connect_streams(streams, report);
  if (plan.device_links) use_own_null();
  assume_identity(plan.identity, report);
  // A change of user clears the signal that ties us to the parent.
  tie_to_parent(files, report);
  report.check(::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC),
               SetupStep::close_files);
  const std::size_t own = find_own_program(plan.command);
  give_up_rights(plan, report);
  execute(plan.command, own, report);
}

}  // namespace runtime

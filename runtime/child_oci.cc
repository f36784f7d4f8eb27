// The child that has an OCI runtime make the sandbox: pid 1 of a pid namespace
// that holds the runtime and, in one of its own, the command. Whatever happens
// to strake or to the runtime, the end of this process is the end of all.
//
// It runs `create`, which sets everything up but the command itself, and then
// `start`, so that what went wrong is known for the runtime's fault or the
// command's. `run` would be one program less, but its exit code says neither
// which of the two it was, nor that the command was killed. In between the
// command's process becomes a child of ours, whose end wait4(2) tells us.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "runtime/child.h"
#include "runtime/inner_process.h"
#include "runtime/mount_points.h"
#include "runtime/path_maker.h"
#include "runtime/program_check.h"
#include "runtime/syscalls.h"

namespace runtime {
namespace {

constexpr unsigned kAttachFlags =
    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

// Whether, by its text, `path` is or lies below one of the first mounts.
bool lies_in_mount(const std::string& path,
                   const std::vector<MountPlan>& mounts,
                   std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& mount = mounts[i].destination;
    if (path.starts_with(mount) &&
        (path.size() == mount.size() || path[mount.size()] == '/')) {
      return true;
    }
  }
  return false;
}

// What the root itself must have. A mount point in another mount is that
// mount's content, which the runtime makes.
void make_points(const SandboxPlan& plan, int root,
                 const Reporter& report) noexcept {
  MountPoints points(root, report);
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    const MountPlan& mount = plan.mounts[i];
    if (lies_in_mount(mount.destination, plan.mounts, i)) continue;
    ::close(points.open(mount, i));
  }
  if (!lies_in_mount(plan.command.cwd, plan.mounts, plan.mounts.size())) {
    ::close(make_cwd(plan, root, report));
  }
  points.record_traces();
}

// A copy of what strake has open would keep alive what it closes: locks, pipes,
// networks. What stays is close-on-exec.
void close_all_but(std::array<int, 3> kept, const Reporter& report) noexcept {
  std::sort(kept.begin(), kept.end());
  unsigned first = STDERR_FILENO + 1;
  for (const int file : kept) {
    if (file < static_cast<int>(first)) continue;
    const auto number = static_cast<unsigned>(file);
    if (number > first) {
      report.check(::close_range(first, number - 1, 0), SetupStep::close_files);
    }
    first = number + 1;
  }
  report.check(::close_range(first, ~0U, 0), SetupStep::close_files);
}

class Supervisor {
 public:
  Supervisor(const SandboxPlan& plan, const ChildFiles& files,
             const Reporter& report) noexcept
      : plan_(plan), oci_(*plan.oci), files_(files), report_(report) {}

  void make_bundle() noexcept;
  void hide_cgroups() noexcept;
  void create(int root) noexcept;
  int open_command_root(int root) noexcept;
  void start() noexcept;
  [[noreturn]] void await_command(const ProgramCheck& check) noexcept;

 private:
  enum class Output { shared, hidden };

  void prepare(const OciPlan::Prepared& prepared) noexcept;
  void write_config() noexcept;
  int call(char* const* words, Output output) noexcept;
  [[noreturn]] void fail_with_log(SetupStep step, int status) noexcept;
  void read_log() noexcept;
  void read_pid() noexcept;
  std::string_view log() const noexcept { return {log_.data(), log_size_}; }
  bool was_executed() noexcept;

  const SandboxPlan& plan_;
  const OciPlan& oci_;
  const ChildFiles& files_;
  const Reporter& report_;
  int bundle_ = -1;
  pid_t command_ = -1;
  std::array<char, kMaxRecordText> log_;
  std::size_t log_size_ = 0;
};

void Supervisor::make_bundle() noexcept {
  // The runtime looks itself and its children up there.
  report_.check(::mount("proc", "/proc", "proc",
                        MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
                SetupStep::make_bundle);
  const int tree = make_filesystem("tmpfs", oci_.bundle_parameters,
                                   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
                                   SetupStep::make_bundle, 0, report_);
  report_.check(::move_mount(tree, "", AT_FDCWD, oci_.bundle.c_str(),
                             MOVE_MOUNT_F_EMPTY_PATH),
                SetupStep::make_bundle);
  bundle_ = tree;
  report_.check(::fchdir(bundle_), SetupStep::make_bundle);
  for (const OciPlan::Prepared& prepared : oci_.prepared) prepare(prepared);
  write_config();
}

void Supervisor::prepare(const OciPlan::Prepared& prepared) noexcept {
  const std::size_t item = prepared.mount;
  const MountPlan& mount = plan_.mounts[item];
  const char* name = prepared.name.c_str();
  if (mount.kind == MountPlan::Kind::memory_file) {
    ::close(make_memory_file(mount, AT_FDCWD, name, item, report_));
    return;
  }
  report_.check(::mkdir(name, 0755), SetupStep::make_mount_point, item);
  const int tree =
      mount.kind == MountPlan::Kind::bind
          ? clone_bind(mount, item, report_)
          : make_filesystem(mount.type.c_str(), mount.parameters,
                            mount.attributes, SetupStep::create_filesystem,
                            item, report_);
  report_.check(::move_mount(tree, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH),
                SetupStep::attach_mount, item);
  ::close(tree);
}

void Supervisor::write_config() noexcept {
  const int file = report_.check(
      ::open("config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
      SetupStep::make_bundle);
  if (!write_all(file, oci_.config)) {
    report_.fail(SetupStep::make_bundle, errno);
  }
  ::close(file);
}

void Supervisor::hide_cgroups() noexcept {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  for (const std::string& path : oci_.readonly_cgroups) {
    report_.check(::mount_setattr(AT_FDCWD, path.c_str(), 0, &attributes,
                                  sizeof attributes),
                  SetupStep::hide_cgroups);
  }
  for (const std::string& path : oci_.hidden_cgroups) {
    report_.check(
        ::mount("none", path.c_str(), "tmpfs", MS_RDONLY, "mode=0555"),
        SetupStep::hide_cgroups);
  }
}

// Runs the runtime to its end; its status as wait4(2) gives it. fork(3) would
// take locks that the parent's other threads may have held.
int Supervisor::call(char* const* words, Output output) noexcept {
  clone_args args{};
  args.exit_signal = SIGCHLD;
  const long process = clone3(args);
  if (process == 0) {
    if (output == Output::hidden) {
      const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        ::dup2(null, stream);
      }
    }
    ::execve(oci_.program.c_str(), words, oci_.env.data());
    report_.fail(SetupStep::execute_runtime, errno);
  }
  report_.check(process, SetupStep::execute_runtime);
  int status = 0;
  while (::waitpid(static_cast<pid_t>(process), &status, 0) < 0) {
    if (errno != EINTR) report_.fail(SetupStep::execute_runtime, errno);
  }
  return status;
}

// The end of it has what a failure was about.
void Supervisor::read_log() noexcept {
  const int file = ::open("log", O_RDONLY | O_CLOEXEC);
  struct stat state {};
  if (file < 0 || ::fstat(file, &state) != 0) return;
  const auto room = static_cast<off_t>(log_.size());
  const ssize_t size = ::pread(file, log_.data(), log_.size(),
                               std::max<off_t>(0, state.st_size - room));
  log_size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
  ::close(file);
}

void Supervisor::fail_with_log(SetupStep step, int status) noexcept {
  // As shells number it.
  const int code =
      WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  report_.fail(step, code, 0, log());
}

void Supervisor::read_pid() noexcept {
  std::array<char, 32> text{};
  const int file =
      report_.check(::open("pid", O_RDONLY | O_CLOEXEC), SetupStep::read_pid);
  report_.check(::read(file, text.data(), text.size() - 1),
                SetupStep::read_pid);
  ::close(file);
  command_ = static_cast<pid_t>(std::strtol(text.data(), nullptr, 10));
  if (command_ <= 0) report_.fail(SetupStep::read_pid, EINVAL);
}

void Supervisor::create(int root) noexcept {
  int listener = -1;
  if (plan_.terminal) listener = listen_for_terminal(report_);
  const int status = call(oci_.create.data(),
                          plan_.terminal ? Output::hidden : Output::shared);
  if (status != 0) {
    // Runtimes look for the program first, and say so: "exec: ...",
    // "executable file ...", "open executable: ...".
    read_log();
    const ProgramCheck check(root, plan_.command, plan_.identity);
    if (!check.is_executable() && log().find("exec") != log().npos) {
      check.fail(report_);
    }
    fail_with_log(SetupStep::create_container, status);
  }
  read_pid();
  if (plan_.terminal) pass_on_terminal(listener, files_.terminal, report_);
}

// With all that is mounted there; where we may not look into the process, the
// bare root has to do.
int Supervisor::open_command_root(int root) noexcept {
  std::array<char, 64> path;
  constexpr const char* kFormat = "/proc/%d/root";
  std::snprintf(path.data(), path.size(), kFormat, command_);
  const int found = ::open(path.data(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return found >= 0 ? found : root;
}

void Supervisor::start() noexcept {
  // The command may be at work before `start` has ended.
  report_.started(command_);
  const int status = call(oci_.start.data(), Output::hidden);
  if (status != 0) {
    read_log();
    fail_with_log(SetupStep::start_container, status);
  }
}

// Of the command, which has ended but not been waited for.
bool Supervisor::was_executed() noexcept {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "/proc/%d/stat", command_);
  std::array<char, 1024> text{};
  const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || ::read(file, text.data(), text.size() - 1) <= 0) return true;
  ::close(file);
  return has_executed(text.data());
}

void Supervisor::await_command(const ProgramCheck& check) noexcept {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(command_), &info,
                  WEXITED | WNOWAIT) != 0) {
    if (errno != EINTR) report_.fail(SetupStep::await_command, errno);
  }
  if (info.si_code == CLD_EXITED && !was_executed()) check.fail(report_);
  Ending ending;
  report_.check(::wait4(command_, &ending.status, 0, &ending.usage),
                SetupStep::await_command);
  if (!oci_.destroy.empty()) call(oci_.destroy.data(), Output::hidden);
  report_.ended(ending);
  exit_child(0);
}

}  // namespace

void supervise_runtime(const SandboxPlan& plan, int root,
                       const ChildFiles& files,
                       const Reporter& report) noexcept {
  make_points(plan, root, report);
  Supervisor supervisor(plan, files, report);
  supervisor.make_bundle();
  supervisor.hide_cgroups();
  connect_streams(files, report);
  close_all_but({report.file(), root, files.terminal}, report);
  supervisor.create(root);
  const ProgramCheck check(supervisor.open_command_root(root), plan.command,
                           plan.identity);
  supervisor.start();
  supervisor.await_command(check);
}

}  // namespace runtime

#include "base/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

namespace base {
namespace {

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* own = std::getenv("PATH");
  std::string_view path = own != nullptr ? own : "/usr/bin:/bin";
  for (;;) {
    const std::size_t end = path.find(':');
    std::string candidate = fmt::format("{}/{}", path.substr(0, end), name);
    if (candidate.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  throw Error(ErrorKind::not_found,
              fmt::format("there is no program \"{}\"", name))
      .hint("install it, or put its directory into PATH");
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  // execve(2) takes char* for history's sake; it writes nothing.
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

// The namespace in which we, who became root of our own, are again the user who
// called us: ssh looks in the home of who it runs as, and credential helpers
// keep secrets by user.
struct CallerMaps {
  std::string uids;
  std::string gids;
};

// The kernel notes who a program was started as, and nobody can change that.
std::optional<CallerMaps> find_caller() {
  const auto uid = ::getauxval(AT_UID);
  const auto gid = ::getauxval(AT_GID);
  if (uid == ::getuid() && gid == ::getgid()) return std::nullopt;
  return CallerMaps{fmt::format("{} {} 1\n", uid, ::getuid()),
                    fmt::format("{} {} 1\n", gid, ::getgid())};
}

// All that the child needs, made before fork(2): there it may not allocate.
struct Launch {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> envp;
  const char* directory;
  mode_t umask;
  int input;
  int output;
  int errors;
  int failure;  // told the errno of what went wrong before the program ran
  const CallerMaps* caller;  // null: we are who we were
};

bool write_to(const char* path, std::string_view text) noexcept {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool is_written = ::write(file, text.data(), text.size()) ==
                          static_cast<ssize_t>(text.size());
  ::close(file);
  return is_written;
}

// Where there is no other namespace the program runs as root of ours, which
// most take as well. False, with errno, where there is one and nobody in it:
// then the program would be a user without a name and without rights.
bool become_caller(const CallerMaps& maps) noexcept {
  if (::unshare(CLONE_NEWUSER) != 0) return true;
  return write_to("/proc/self/setgroups", "deny") &&
         write_to("/proc/self/gid_map", maps.gids) &&
         write_to("/proc/self/uid_map", maps.uids);
}

[[noreturn]] void run_child(const Launch& launch, pid_t parent) {
  const auto fail = [&] {
    const int error = errno;
    [[maybe_unused]] const auto written =
        ::write(launch.failure, &error, sizeof error);
    ::_exit(127);
  };
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(launch.umask);
  if (launch.caller != nullptr && !become_caller(*launch.caller)) fail();
  if (::chdir(launch.directory) != 0) fail();
  if (::dup2(launch.input, STDIN_FILENO) < 0 ||
      ::dup2(launch.output, STDOUT_FILENO) < 0 ||
      ::dup2(launch.errors, STDERR_FILENO) < 0) {
    fail();
  }
  // What our own parent left open may be anything.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(launch.program.c_str(), launch.argv.data(), launch.envp.data());
  fail();
  ::_exit(127);
}

// The running program, killed and reaped if nobody waited for its end.
class Child {
 public:
  explicit Child(const Launch& launch) {
    const pid_t parent = ::getpid();
    // Whatever stop signals say must be said to the caller, not to the child
    // before it has its own handlers.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_ = ::fork();
    if (pid_ == 0) run_child(launch, parent);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid_ < 0) throw system_error(error, "fork");
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    kill();
    reap();
  }

  void kill() const noexcept {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
  }
  int wait() noexcept { return reap(); }

  // A file that can be read once the program has ended.
  Fd open_end() const {
    Fd end(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!end) throw system_error(errno, "pidfd_open");
    return end;
  }

 private:
  int reap() noexcept {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }
  pid_t pid_ = -1;
};

// Reads both outputs until both have ended, and then waits for the program's
// own end.
class OutputReader {
 public:
  OutputReader(const Command& command, const Fd& output, const Fd& errors,
               const OnErrors& on_errors)
      : command_(command), on_errors_(on_errors) {
    polls_[0] = {output.get(), POLLIN, 0};
    polls_[1] = {errors.get(), POLLIN, 0};
    if (command.time_limit) deadline_ = Clock::now() + *command.time_limit;
  }

  void run(const Fd& end, CommandResult& result, const std::stop_token& stop) {
    const Fd wake(::eventfd(0, EFD_CLOEXEC));
    if (!wake) throw system_error(errno, "eventfd");
    polls_[2] = {wake.get(), POLLIN, 0};
    polls_[3] = {-1, POLLIN, 0};
    const std::stop_callback on_stop(
        stop, [&wake] { ::eventfd_write(wake.get(), 1); });
    while (polls_[3].revents == 0) {
      if (polls_[0].fd < 0 && polls_[1].fd < 0) polls_[3].fd = end.get();
      const int ready = ::poll(polls_.data(), polls_.size(), milliseconds());
      if (ready < 0) {
        if (errno == EINTR) continue;
        throw system_error(errno, "poll");
      }
      if (stop.stop_requested()) {
        throw Error(ErrorKind::cancelled, "the work was stopped");
      }
      if (ready == 0) {
        throw Error(
            ErrorKind::unavailable,
            fmt::format(
                "it has not ended after {:g} s",
                std::chrono::duration<double>(*command_.time_limit).count()));
      }
      take(polls_[0], result.output);
      const std::size_t before = result.errors.size();
      take(polls_[1], result.errors);
      if (on_errors_ && result.errors.size() > before) {
        on_errors_(std::string_view(result.errors).substr(before));
      }
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Until the deadline; -1 for as long as it takes.
  int milliseconds() const {
    if (!deadline_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        std::max(*deadline_ - Clock::now(), Clock::duration::zero()));
    constexpr std::chrono::milliseconds kHour = std::chrono::hours(1);
    return static_cast<int>(std::min(left, kHour).count());
  }

  void take(pollfd& from, std::string& to) const {
    if (from.fd < 0 || from.revents == 0) return;
    std::array<char, 16384> buffer;
    const ssize_t got = ::read(from.fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) {
      from.fd = -1;  // which poll(2) passes over
      return;
    }
    to.append(buffer.data(), static_cast<std::size_t>(got));
    if (to.size() > command_.most_output_bytes) {
      throw Error(ErrorKind::invalid_input,
                  fmt::format("it wrote more than {} KiB",
                              command_.most_output_bytes >> 10U));
    }
  }

  const Command& command_;
  const OnErrors& on_errors_;
  std::array<pollfd, 4> polls_{};
  std::optional<Clock::time_point> deadline_;
};

// Throws what kept the program from being started, when something did.
void throw_if_failed(const Fd& failure, const Command& command) {
  int error = 0;
  std::byte* const to = reinterpret_cast<std::byte*>(&error);
  if (read_some(failure, to, sizeof error) == sizeof error) {
    throw system_error(error, fmt::format("starting {}", command.args.front()));
  }
}

// A file with this content and no name, to be read from its start.
Fd open_input(const std::string& content) {
  if (content.empty()) return open_file("/dev/null", O_RDONLY);
  Fd file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) throw system_error(errno, "memfd_create");
  write_at(file, 0, content);
  return file;
}

}  // namespace

CommandResult run_command(const Command& command, const std::stop_token& stop,
                          const OnErrors& on_errors) {
  Pipe output = open_pipe();
  Pipe errors = open_pipe();
  Pipe failure = open_pipe();
  const Fd input = open_input(command.input);
  const std::optional<CallerMaps> caller = find_caller();
  const Launch launch{find_program(command.args.front()),
                      pointers_to(command.args),
                      pointers_to(command.env),
                      command.directory.c_str(),
                      command.umask,
                      input.get(),
                      output.write_end.get(),
                      errors.write_end.get(),
                      failure.write_end.get(),
                      caller ? &*caller : nullptr};
  Child child(launch);
  output.write_end.reset();
  errors.write_end.reset();
  failure.write_end.reset();
  throw_if_failed(failure.read_end, command);
  CommandResult result;
  OutputReader(command, output.read_end, errors.read_end, on_errors)
      .run(child.open_end(), result, stop);
  result.status = child.wait();
  return result;
}

}  // namespace base

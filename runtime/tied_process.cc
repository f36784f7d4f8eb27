#include "runtime/tied_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "runtime/blocked_signals.h"
#include "runtime/inheritance.h"
#include "runtime/syscalls.h"

namespace runtime {
namespace {

constexpr char kIsReady = '1';  // as slirp4netns writes it
constexpr char kHasFailed = 'f';

// They take milliseconds; a run that was stopped waits for no more than this.
constexpr std::chrono::seconds kPatience{10};

// All that the two children need, worked out beforehand: they may not allocate.
struct Plan {
  const char* program = nullptr;
  char* const* args = nullptr;
  char* const* env = nullptr;
  int parent = -1;  // pidfd
  int null = -1;
  int errors = -1;
  int ready = -1;
  int inherited = -1;
  bool is_ready_at_exit = false;
};

[[noreturn]] void become_program(const Plan& plan) noexcept {
  ::dup2(plan.null, STDIN_FILENO);
  ::dup2(plan.null, STDOUT_FILENO);
  ::dup2(plan.errors, STDERR_FILENO);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::fcntl(plan.inherited, F_SETFD, 0);
  if (!plan.is_ready_at_exit) ::fcntl(plan.ready, F_SETFD, 0);
  ::execve(plan.program, plan.args, plan.env);
  exit_child(127);
}

// Pid 1 of the namespace: its end is the end of all. It keeps no file of ours
// open, for that would keep alive what we close.
[[noreturn]] void supervise(const Plan& plan) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd parent{plan.parent, POLLIN, 0};
  if (::poll(&parent, 1, 0) != 0) exit_child(127);
  reset_signals();
  ::setsid();
  clone_args args{};
  args.exit_signal = SIGCHLD;
  const long program = clone3(args);
  if (program == 0) become_program(plan);
  constexpr int kReady = 3;
  ::dup2(plan.ready, kReady);
  ::close_range(kReady + 1, ~0U, 0);
  ::dup2(kReady, STDIN_FILENO);
  ::dup2(kReady, STDOUT_FILENO);
  ::dup2(kReady, STDERR_FILENO);
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) exit_child(0);  // none is left
    if (ended != program) continue;
    const bool is_done = plan.is_ready_at_exit && status == 0;
    const char word = is_done ? kIsReady : kHasFailed;
    [[maybe_unused]] const ssize_t written = ::write(kReady, &word, 1);
    if (!is_done) exit_child(1);
    ::close_range(0, ~0U, 0);
  }
}

base::Fd make_memory() {
  base::Fd memory(::memfd_create("strake-errors", MFD_CLOEXEC));
  if (!memory) throw base::system_error(errno, "preparing a file on memory");
  return memory;
}

// The last line it has said.
std::string last_words(const base::Fd& errors) {
  ::lseek(errors.get(), 0, SEEK_SET);
  std::istringstream lines(base::read_all(errors));
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) last = line;
  }
  return last.empty() ? "it said nothing" : last;
}

pid_t start(const Plan& plan) {
  clone_args args{};
  args.flags = CLONE_NEWPID;
  args.exit_signal = SIGCHLD;
  const BlockedSignals blocked;
  const long pid = clone3(args);
  if (pid == 0) supervise(plan);
  if (pid < 0) throw base::system_error(errno, "making a pid namespace");
  return static_cast<pid_t>(pid);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// Whether something came, or the end, while there was patience.
bool is_readable(const base::Fd& file) {
  pollfd awaited{file.get(), POLLIN, 0};
  for (;;) {
    const int count =
        ::poll(&awaited, 1,
               static_cast<int>(std::chrono::milliseconds(kPatience).count()));
    if (count >= 0 || errno != EINTR) return count != 0;
  }
}

}  // namespace

TiedProcess::TiedProcess(const TiedCommand& command) {
  base::Pipe ready = base::open_pipe();
  ready.write_end = above_streams(std::move(ready.write_end));
  const base::Fd errors = above_streams(make_memory());
  const base::Fd null = above_streams(base::open_file("/dev/null", O_RDWR));
  const base::Fd self = above_streams(base::Fd(pidfd_open(::getpid())));
  std::vector<std::string> args = {command.program};
  if (!command.ready_flag.empty()) {
    args.push_back(command.ready_flag);
    args.push_back(std::to_string(ready.write_end.get()));
  }
  args.insert(args.end(), command.args.begin(), command.args.end());
  std::vector<std::string> env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                  "LC_ALL=C"};
  const std::vector<char*> arg_pointers = pointers(args);
  const std::vector<char*> env_pointers = pointers(env);

  pid_ =
      start({command.program.c_str(), arg_pointers.data(), env_pointers.data(),
             self.get(), null.get(), errors.get(), ready.write_end.get(),
             command.inherited.get(), command.ready_flag.empty()});
  ready.write_end.reset();
  if (!is_readable(ready.read_end)) {
    end();
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("{} did not get ready within {} s",
                                  command.program, kPatience.count()));
  }
  char word = kHasFailed;
  while (::read(ready.read_end.get(), &word, 1) < 0 && errno == EINTR) {
  }
  if (word == kIsReady) return;
  end();
  throw base::Error(
      base::ErrorKind::unavailable,
      fmt::format("{} failed: {}", command.program, last_words(errors)));
}

TiedProcess::~TiedProcess() { end(); }

void TiedProcess::end() noexcept {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string find_program(const std::string& name) {
  const char* own = std::getenv("PATH");
  std::istringstream path(std::string(own == nullptr ? "" : own) +
                          ":/usr/local/bin:/usr/bin:/bin");
  for (std::string directory; std::getline(path, directory, ':');) {
    if (!directory.starts_with('/')) continue;
    const std::string file = directory + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

}  // namespace runtime

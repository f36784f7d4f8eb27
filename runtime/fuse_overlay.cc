#include "runtime/fuse_overlay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "base/file.h"

namespace runtime {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

// ',' ends an option, ':' a directory.
std::string escape(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '\\' || c == ',' || c == ':') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string render_options(const std::vector<std::string>& lower,
                           const std::filesystem::path& upper,
                           const std::filesystem::path& work) {
  std::string options = fmt::format(
      "suid,upperdir={},workdir={},lowerdir=", escape(upper.native()),
      escape(work.native()));
  for (std::size_t i = 0; i < lower.size(); ++i) {
    options += (i == 0 ? "" : ":") + escape(lower[i]);
  }
  return options;
}

// Between fork and exec of a process with threads: nothing may allocate.
[[noreturn]] void run_program(char* const* arguments, int errors,
                              pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  // A Ctrl-C is for strake, which unmounts.
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

bool is_fuse(const std::string& path) {
  struct statfs status {};
  return ::statfs(path.c_str(), &status) == 0 &&
         status.f_type == FUSE_SUPER_MAGIC;
}

}  // namespace

std::string find_fuse_overlayfs() {
  const char* const own = std::getenv("PATH");
  std::string path = own != nullptr ? own : "/usr/bin:/bin";
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    std::string candidate = path.substr(at, end - at) + "/fuse-overlayfs";
    if (candidate.front() == '/' && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    at = end + 1;
  }
  return {};
}

FuseOverlay::FuseOverlay(const std::vector<std::string>& lower,
                         const std::filesystem::path& upper,
                         const std::filesystem::path& work,
                         std::string mount_point)
    : mount_point_(std::move(mount_point)) {
  std::string program = find_fuse_overlayfs();
  if (program.empty()) {
    throw base::Error(base::ErrorKind::not_found,
                      "there is no program \"fuse-overlayfs\"")
        .hint("install the package fuse-overlayfs");
  }
  std::string options = render_options(lower, upper, work);
  std::string foreground = "-f";
  std::string flag = "-o";
  char* const arguments[] = {program.data(), foreground.data(),   flag.data(),
                             options.data(), mount_point_.data(), nullptr};
  base::Pipe errors = base::open_pipe();
  const pid_t parent = ::getpid();
  program_ = ::fork();
  if (program_ == 0) run_program(arguments, errors.write_end.get(), parent);
  if (program_ < 0) throw base::system_error(errno, "starting fuse-overlayfs");
  errors.write_end.reset();
  wait_until_mounted(std::move(errors.read_end));
}

FuseOverlay::~FuseOverlay() {
  if (program_ < 0) return;
  if (is_mounted_) ::umount2(mount_point_.c_str(), MNT_DETACH);
  ::kill(program_, SIGKILL);
  reap();
}

void FuseOverlay::wait_until_mounted(base::Fd errors) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!is_fuse(mount_point_)) {
    int status = 0;
    const bool has_ended = ::waitpid(program_, &status, WNOHANG) == program_;
    if (has_ended) program_ = -1;
    if (has_ended || std::chrono::steady_clock::now() > until) {
      if (!has_ended) {
        ::kill(program_, SIGKILL);
        reap();
      }
      std::string words = base::read_all(errors);
      while (!words.empty() && words.back() == '\n') words.pop_back();
      throw base::Error(base::ErrorKind::system,
                        fmt::format("fuse-overlayfs did not mount: {}", words))
          .hint(
              "it needs read and write access to /dev/fuse; "
              "--storage-driver=copy needs nothing");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  is_mounted_ = true;
}

void FuseOverlay::unmount() {
  if (::umount2(mount_point_.c_str(), 0) != 0) {
    throw base::system_error(errno, "unmounting " + mount_point_);
  }
  is_mounted_ = false;
  reap();
}

void FuseOverlay::reap() noexcept {
  while (::waitpid(program_, nullptr, 0) < 0 && errno == EINTR) {
  }
  program_ = -1;
}

}  // namespace runtime

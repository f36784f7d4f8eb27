#include "runtime/death_watch.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "runtime/file_passing.h"
#include "runtime/syscalls.h"

namespace runtime {
namespace {

// More sandboxes at once than a machine runs; those beyond are tied by the
// kernel's means alone.
constexpr std::size_t kMostWatched = 1024;
constexpr int kSocket = 0;  // the watcher's number for it

// poll(2)'s list: the socket first, then who is watched.
struct Watched {
  std::array<pollfd, kMostWatched + 1> files;
  std::size_t count;
};

// Static: the child of a program with threads may not allocate, and its stack
// is one of theirs.
Watched watched;

void forget(std::size_t index) noexcept {
  ::close(watched.files[index].fd);
  watched.files[index] = watched.files[--watched.count];
}

// False at the end of the socket.
bool take_one() noexcept {
  int file = -1;
  const ssize_t size = receive_file(kSocket, file);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (size <= 0) return false;
  if (file < 0) return true;
  if (watched.count == watched.files.size()) {
    ::close(file);
  } else {
    watched.files[watched.count++] = {file, POLLIN, 0};
  }
  return true;
}

// All signals are blocked, as they were for clone3.
[[noreturn]] void watch(int socket) noexcept {
  ::setsid();
  ::dup2(socket, kSocket);
  ::close_range(kSocket + 1, ~0U, 0);
  watched.files[0] = {kSocket, POLLIN, 0};
  watched.count = 1;
  for (;;) {
    if (::poll(watched.files.data(), watched.count, -1) < 0) continue;
    for (std::size_t i = watched.count; --i > 0;) {
      if (watched.files[i].revents != 0) forget(i);
    }
    if (watched.files[0].revents != 0 && !take_one()) break;
  }
  for (std::size_t i = 1; i < watched.count; ++i) {
    pidfd_send_signal(watched.files[i].fd, SIGKILL);
  }
  exit_child(0);
}

}  // namespace

void DeathWatch::start(Watcher& watcher) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) !=
      0) {
    throw base::system_error(errno, "preparing to watch over sandboxes");
  }
  base::Fd ours(ends[0]);
  const base::Fd theirs(ends[1]);
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  clone_args args{};
  args.exit_signal = SIGCHLD;
  const long pid = clone3(args);
  if (pid == 0) watch(theirs.get());
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    throw base::system_error(error, "preparing to watch over sandboxes");
  }
  watcher = {std::move(ours), static_cast<pid_t>(pid)};
}

DeathWatch::~DeathWatch() {
  const auto watcher = watcher_.lock();
  if (watcher->pid < 0) return;
  watcher->socket.reset();
  while (::waitpid(watcher->pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void DeathWatch::add(const base::Fd& pidfd) {
  const auto watcher = watcher_.lock();
  if (watcher->pid < 0) start(*watcher);
  if (send_file(watcher->socket.get(), pidfd.get()) != 0) {
    throw base::system_error(errno, "watching over a sandbox");
  }
}

}  // namespace runtime

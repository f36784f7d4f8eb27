// Runs one command and tells what it took: the bench's stopwatch.
//
//   bench_timed RESULT [--with PID]... COMMAND [ARGUMENT...]
//
// RESULT is a file that gets one JSON object:
//   seconds     from before the fork to after the wait, by CLOCK_MONOTONIC
//   cpu_seconds user and system time of the command and all it waited for
//   peak_bytes  resident memory of the largest of those processes
//   tree_bytes  resident memory of the command, of the daemons named by --with
//               and of all processes below them together, when that was most;
//               looked at every 20 ms, so that a short peak may be missed
// The exit code is the command's, 128 and more for one that a signal ended.
//
// It is a program of its own because a process inherits its parent's peak: what
// is started from a Python interpreter has used 15 MB before its first line.
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) / 1e6;
}

// Of the process and all below it, as far as they are still there.
std::uint64_t tree_bytes(pid_t pid) {
  namespace fs = std::filesystem;
  const fs::path process = fs::path("/proc") / std::to_string(pid);
  std::uint64_t pages = 0;
  std::ifstream(process / "statm") >> pages >> pages;  // the second is resident
  std::uint64_t bytes =
      pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::error_code gone;
  for (fs::directory_iterator threads(process / "task", gone), end;
       !gone && threads != end; threads.increment(gone)) {
    std::ifstream children(threads->path() / "children");
    for (pid_t child = 0; children >> child;) bytes += tree_bytes(child);
  }
  return bytes;
}

// Until the process ends.
std::uint64_t watch(pid_t pid, std::vector<pid_t> trees) {
  trees.push_back(pid);
  constexpr int kMilliseconds = 20;
  pollfd ended{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), POLLIN, 0};
  std::uint64_t most = 0;
  while (ended.fd >= 0 && ::poll(&ended, 1, kMilliseconds) == 0) {
    std::uint64_t bytes = 0;
    for (const pid_t tree : trees) bytes += tree_bytes(tree);
    most = std::max(most, bytes);
  }
  ::close(ended.fd);
  return most;
}

int measure(const char* result, const std::vector<pid_t>& daemons,
            char** command) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  pid_t pid = 0;
  if (const int error =
          posix_spawnp(&pid, command[0], nullptr, nullptr, command, environ)) {
    std::cerr << "bench_timed: " << command[0] << ": " << std::strerror(error)
              << '\n';
    return 127;
  }
  const std::uint64_t most = watch(pid, daemons);
  int status = 0;
  rusage usage{};
  if (wait4(pid, &status, 0, &usage) < 0) {
    std::cerr << "bench_timed: wait4: " << std::strerror(errno) << '\n';
    return 127;
  }
  const std::chrono::duration<double> taken = Clock::now() - start;
  std::ofstream(result) << "{\"seconds\": " << taken.count()
                        << ", \"cpu_seconds\": "
                        << seconds_of(usage.ru_utime) +
                               seconds_of(usage.ru_stime)
                        << ", \"peak_bytes\": " << usage.ru_maxrss * 1024
                        << ", \"tree_bytes\": " << most << "}\n";
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<pid_t> daemons;
  char** command = argv + std::min(argc, 2);
  for (; command[0] != nullptr && command[1] != nullptr &&
         std::strcmp(command[0], "--with") == 0;
       command += 2) {
    daemons.push_back(static_cast<pid_t>(std::stol(command[1])));
  }
  if (command[0] == nullptr) {
    std::cerr
        << "usage: bench_timed RESULT [--with PID]... COMMAND [ARGUMENT...]\n";
    return 2;
  }
  return measure(argv[1], daemons, command);
}

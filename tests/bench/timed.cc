// Runs one command and tells what it took: the bench's stopwatch.
//
//   bench_timed RESULT COMMAND [ARGUMENT...]
//
// RESULT is a file that gets one JSON object:
//   seconds     from before the fork to after the wait, by CLOCK_MONOTONIC
//   cpu_seconds user and system time of the command and all it waited for
//   peak_bytes  resident memory of the largest of those processes
// The exit code is the command's, 128 and more for one that a signal ended.
//
// It is a program of its own because a process inherits its parent's peak: what
// is started from a Python interpreter has used 15 MB before its first line.
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) / 1e6;
}

int measure(const char* result, char** command) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  pid_t pid = 0;
  if (const int error =
          posix_spawnp(&pid, command[0], nullptr, nullptr, command, environ)) {
    std::cerr << "bench_timed: " << command[0] << ": " << std::strerror(error)
              << '\n';
    return 127;
  }
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
                        << "}\n";
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: bench_timed RESULT COMMAND [ARGUMENT...]\n";
    return 2;
  }
  return measure(argv[1], argv + 2);
}

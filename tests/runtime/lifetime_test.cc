// Nothing of a step outlives it.
#include <dirent.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "busybox_step.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using tests::BusyboxStep;
using tests::HasKind;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

// An argument of sleep that no other run of these tests uses.
std::string unique_time() {
  static int count = 0;
  return "61." + std::to_string(::getpid()) + std::to_string(++count);
}

// Processes of the machine that are a "sleep `time`".
int count_sleepers(const std::string& time) {
  const std::string wanted = std::string("sleep") + '\0' + time + '\0';
  int count = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    if (!std::isdigit(entry.path().filename().native()[0])) continue;
    try {
      count += tests::read(entry.path() / "cmdline") == wanted ? 1 : 0;
    } catch (const std::exception&) {
      // It ended while it was read.
    }
  }
  return count;
}

std::size_t count_open_files() {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

// Our mount table's lines about the step; other programs mount things too.
std::string own_mounts(const BusyboxStep& step) {
  std::ifstream table("/proc/self/mountinfo");
  std::string lines;
  for (std::string line; std::getline(table, line);) {
    if (line.find(step.temp.path().native()) != std::string::npos) {
      lines += line + '\n';
    }
  }
  return lines;
}

// A directory that is a mount whose changes every namespace sees.
class SharedMount {
 public:
  explicit SharedMount(const fs::path& directory) : directory_(directory) {
    REQUIRE(::mount(directory.c_str(), directory.c_str(), nullptr, MS_BIND,
                    nullptr) == 0);
    REQUIRE(::mount(nullptr, directory.c_str(), nullptr, MS_SHARED, nullptr) ==
            0);
  }
  SharedMount(const SharedMount&) = delete;
  SharedMount& operator=(const SharedMount&) = delete;
  ~SharedMount() { ::umount2(directory_.c_str(), MNT_DETACH); }

 private:
  fs::path directory_;
};

// Waits for a condition that another process brings about.
template <typename Condition>
bool comes_true(const Condition& condition) {
  const auto end = Clock::now() + 5s;
  while (!condition()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

}  // namespace

TEST_CASE("no mount is left in our own table", "[root][runtime][D321]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.mounts.push_back({"/t", "tmpfs", "", {}});
  const std::string before = own_mounts(step);
  step.run({"true"});
  CHECK_THROWS(step.run({"no-such-command"}));
  step.spec.mounts.push_back({"/u", "tmpfs", "", {"colour=blue"}});
  CHECK_THROWS(step.run({"true"}));
  CHECK(own_mounts(step) == before);
}

TEST_CASE("mounts below a shared host mount stay private", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const SharedMount mount(step.temp.path());
  const std::string before = own_mounts(step);
  std::string during;
  const tests::StepResult result = [&] {
    std::jthread watcher([&] {
      std::this_thread::sleep_for(50ms);
      during = own_mounts(step);
    });
    return step.run({"sleep", "0.1"});
  }();
  CHECK(result.outcome.succeeded());
  CHECK(during == before);
}

TEST_CASE("what the command left behind dies with it",
          "[root][runtime][D318]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::string time = unique_time();
  const auto start = Clock::now();
  const tests::StepResult result =
      step.shell("sleep " + time + " & setsid sleep " + time + " & echo done");
  CHECK(result.output == "done\n");
  CHECK(Clock::now() - start < 2s);
  CHECK(count_sleepers(time) == 0);
}

TEST_CASE("orphans of the step are its first process's to wait for",
          "[root][runtime][D318]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.shell("(sleep 0.1; echo orphan) & (exit 0); "
                   "sh -c 'sh -c \"sleep 0.05; grep PPid /proc/self/status\" "
                   "&'; sleep 0.3")
            .output.find("PPid:\t1\n") != std::string::npos);
}

TEST_CASE("a request to stop ends the step and all its children",
          "[root][runtime][D321]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::string time = unique_time();
  std::stop_source stop;
  Clock::time_point asked;
  std::jthread user([&] {
    CHECK(comes_true([&] { return count_sleepers(time) == 2; }));
    asked = Clock::now();
    stop.request_stop();
  });
  CHECK_THROWS_MATCHES(step.shell("sleep " + time + " & (setsid sleep " + time +
                                      " &); trap '' TERM; wait; "
                                      "while :; do sleep 1; done",
                                  stop.get_token()),
                       base::Error, HasKind(ErrorKind::cancelled));
  user.join();
  CHECK(Clock::now() - asked < 1s);
  CHECK(count_sleepers(time) == 0);
}

TEST_CASE("a step asked to stop beforehand is not even planned",
          "[runtime][D321]") {
  BusyboxStep step;
  step.spec.mounts.push_back({"/src", "bind", "/no/such/thing", {}});
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_MATCHES(step.run({"true"}, stop.get_token()), base::Error,
                       HasKind(ErrorKind::cancelled));
}

TEST_CASE("an exception from the output's reader ends the step",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::string time = unique_time();
  step.spec.process.args = {"/bin/sh", "-c", "echo x; sleep " + time};
  runtime::Streams streams;
  streams.on_output = [](runtime::Stream, std::string_view) {
    throw std::runtime_error("disk full");
  };
  CHECK_THROWS_WITH(step.executor->run(step.spec, step.root, streams, {}),
                    "disk full");
  CHECK(count_sleepers(time) == 0);
}

TEST_CASE("a killed builder takes its step along", "[root][runtime][D321]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::string time = unique_time();
  const pid_t builder = ::fork();
  REQUIRE(builder >= 0);
  if (builder == 0) {
    try {
      step.shell("setsid sleep " + time + " & sleep " + time);
    } catch (...) {
    }
    ::_exit(0);
  }
  CHECK(comes_true([&] { return count_sleepers(time) >= 2; }));
  ::kill(builder, SIGKILL);
  ::waitpid(builder, nullptr, 0);
  CHECK(comes_true([&] { return count_sleepers(time) == 0; }));
}

TEST_CASE("a killed builder takes along a step of another user",
          "[root][runtime][D321]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::string time = unique_time();
  step.spec.process.user.uid = 1000;
  const pid_t builder = ::fork();
  REQUIRE(builder >= 0);
  if (builder == 0) {
    try {
      step.run({"sleep", time});
    } catch (...) {
    }
    ::_exit(0);
  }
  CHECK(comes_true([&] { return count_sleepers(time) >= 1; }));
  ::kill(builder, SIGKILL);
  ::waitpid(builder, nullptr, 0);
  CHECK(comes_true([&] { return count_sleepers(time) == 0; }));
}

TEST_CASE("many steps leave no file open and no directory behind",
          "[root][runtime]") {
  const std::string executor = EVERY_EXECUTOR;
  BusyboxStep step(executor);
  const int steps = executor == "native" ? 100 : 10;
  step.run({"true"});
  const std::size_t before = count_open_files();
  for (int i = 0; i < steps; ++i) {
    if (i % 5 == 0) {
      CHECK_THROWS(step.run({"no-such-command"}));
    } else {
      CHECK(step.run({"true"}).outcome.succeeded());
    }
  }
  CHECK(count_open_files() == before);
  CHECK(fs::is_empty(step.root.work));
  CHECK(fs::is_empty(step.root.scratch));
}

TEST_CASE("steps on several threads do not disturb each other",
          "[root][runtime]") {
  const std::string executor = EVERY_EXECUTOR;
  const int steps = executor == "native" ? 12 : 2;
  const std::size_t before = count_open_files();
  {
    std::vector<std::jthread> threads;
    std::atomic<int> right = 0;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&right, thread, steps, executor] {
        BusyboxStep step(executor);
        for (int i = 0; i < steps; ++i) {
          const std::string word = std::to_string(thread * 100 + i);
          const tests::StepResult result =
              step.shell("echo " + word + "; exit " + std::to_string(i));
          if (result.output == word + "\n" && result.outcome.exit_code == i) {
            ++right;
          }
        }
      });
    }
    threads.clear();
    CHECK(right == 8 * steps);
  }
  CHECK(count_open_files() == before);
}

// Running a program of the machine's to its end.
#include "base/subprocess.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using base::run_command;
using Catch::Contains;

namespace {

base::Command shell(const std::string& script) {
  return {{"sh", "-c", script}, {"PATH=/usr/bin:/bin"}};
}

}  // namespace

TEST_CASE("a program's output, errors and status come back", "[subprocess]") {
  std::string told;
  const auto result =
      run_command(shell("echo out; echo err >&2; exit 3"), {},
                  [&](std::string_view bytes) { told += bytes; });
  CHECK(result.output == "out\n");
  CHECK(result.errors == "err\n");
  CHECK(told == "err\n");
  CHECK(WEXITSTATUS(result.status) == 3);
  CHECK_FALSE(result.succeeded());
}

TEST_CASE("a program sees the environment, directory and umask given alone",
          "[subprocess]") {
  const base::TempDir root;
  base::Command command =
      shell("env | grep -v -e PWD -e _= | sort; pwd; umask; cat");
  command.env.emplace_back("A=b c");
  command.directory = root.path();
  command.umask = 027;
  const auto result = run_command(command, {});
  CHECK(result.output ==
        "A=b c\nPATH=/usr/bin:/bin\n" + root.path().native() + "\n0027\n");
}

TEST_CASE("a program reads the input given, however much it is",
          "[subprocess]") {
  base::Command command = shell("cat /dev/stdin; head -c 3 | wc -c");
  CHECK(run_command(command, {}).output == "0\n");
  command.args[2] = "cat";
  command.input = std::string(3U << 20U, 'x') + std::string(1, '\0') + "end";
  CHECK(run_command(command, {}).output == command.input);
}

TEST_CASE("a program that reads none of its input runs as ever",
          "[subprocess]") {
  base::Command command = shell("exec <&-; echo done");
  command.input = std::string(1U << 20U, 'x');
  CHECK(run_command(command, {}).output == "done\n");
}

TEST_CASE("a program whose time is over dies with what it started",
          "[subprocess]") {
  const base::TempDir root;
  // Also one that has closed both its outputs.
  for (const char* start : {"", "exec >&- 2>&-;"}) {
    base::Command command = shell(std::string(start) +
                                  "echo $$ > pid; sleep 1000 & "
                                  "echo $! > child; wait");
    command.directory = root.path();
    command.time_limit = std::chrono::milliseconds(300);
    CHECK_THROWS_MATCHES(
        run_command(command, {}), base::Error,
        tests::HasKind(ErrorKind::unavailable, "not ended after 0.3 s"));
    for (const char* file : {"pid", "child"}) {
      const int pid = std::stoi(base::read_file(root.path() / file));
      // The child's own child is init's to reap, which may take it a moment.
      while (::kill(pid, 0) == 0 &&
             base::read_file("/proc/" + std::to_string(pid) + "/stat")
                     .find(") Z") == std::string::npos) {
        std::this_thread::yield();
      }
    }
  }
}

TEST_CASE("a program that writes too much is ended", "[subprocess]") {
  base::Command command = shell("yes");
  command.most_output_bytes = 64U << 10U;
  CHECK_THROWS_MATCHES(
      run_command(command, {}), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "more than 64 KiB"));
}

TEST_CASE("a program runs as the group that started us", "[root][subprocess]") {
  const pid_t other = ::fork();
  if (other == 0) {
    if (::setgid(4711) != 0) ::_exit(2);
    ::_exit(run_command(shell("id -g"), {}).output == "0\n" ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(other, &status, 0) == other);
  CHECK(status == 0);
}

TEST_CASE("a program inherits no open file and no ignored signal",
          "[subprocess]") {
  const auto result = run_command(
      shell("ls /proc/self/fd | tr '\\n' ' '; grep -e SigBlk -e SigIgn "
            "/proc/self/status | cut -f 2 | tr '\\n' ' '"),
      {});
  // 3 is the directory that ls reads
  CHECK(result.output == "0 1 2 3 0000000000000000 0000000000000000 ");
}

TEST_CASE("a stopped program dies at once, with what it started",
          "[subprocess]") {
  const base::TempDir root;
  std::stop_source stop;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  base::Command command = shell("(sleep 1; touch late) & wait");
  command.directory = root.path();
  CHECK_THROWS_MATCHES(run_command(command, stop.get_token()), base::Error,
                       tests::HasKind(ErrorKind::cancelled));
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  CHECK(std::filesystem::is_empty(root.path()));
}

TEST_CASE("a program that is not there is named", "[subprocess]") {
  CHECK_THROWS_WITH(run_command({{"no-such-program"}, {}}, {}),
                    Contains("there is no program \"no-such-program\""));
  base::Command command = shell("true");
  command.directory = "/nonexistent";
  CHECK_THROWS_WITH(run_command(command, {}), Contains("starting sh"));
}

// How the command is found, started and judged, and where its output goes.
#include <fcntl.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "busybox_step.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using tests::BusyboxStep;
using tests::HasKind;

TEST_CASE("the exit status of the command is the outcome", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.shell("exit 0").outcome.succeeded());
  const runtime::Outcome outcome = step.shell("exit 42").outcome;
  CHECK(outcome.exit_code == 42);
  CHECK_FALSE(outcome.signal);
}

TEST_CASE("a killed command has 128 and the signal as its status",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  // pid 1 is deaf to its own namespace's signals, so a fatal fault is used.
  step.spec.process.rlimits = {{"RLIMIT_CPU", 1, 1}};
  const runtime::Outcome outcome = step.shell("while :; do :; done").outcome;
  CHECK(outcome.exit_code == 128 + SIGKILL);
  CHECK(outcome.signal == SIGKILL);
}

TEST_CASE("the command is pid 1 and alone", "[root][runtime][D301]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.shell("echo $$; cd /proc; echo [0-9]*").output == "1\n1\n");
}

TEST_CASE("the environment is exactly what was given",
          "[root][runtime][D302]") {
  BusyboxStep step(EVERY_EXECUTOR);
  // OCI runtimes add HOME where it is missing; no caller of ours leaves it out.
  step.spec.process.env = {"PATH=/bin", "A=1", "B=two words",
                           "EMPTY=", "HOME=/h"};
  CHECK(step.run({"env"}).output ==
        "PATH=/bin\nA=1\nB=two words\nEMPTY=\nHOME=/h\n");
}

TEST_CASE("arguments reach the command unchanged", "[root][runtime][D251]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.run({"printf", "%s|", "$HOME", "a  b", "", "*"}).output ==
        "$HOME|a  b||*|");
}

TEST_CASE("a missing working directory is made with mode 0755",
          "[root][runtime][D304]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.cwd = "/new/work/dir";
  CHECK(step.shell("pwd; stat -c %a:%u /new /new/work/dir").output ==
        "/new/work/dir\n755:0\n755:0\n");
  CHECK(step.changes() ==
        std::vector<std::string>{"new", "new/work", "new/work/dir"});
}

TEST_CASE("a working directory's links are followed inside the root",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  tests::fs::create_symlink("../../../../../srv/app", step.image() / "app");
  step.spec.process.cwd = "/app";
  CHECK(step.run({"/bin/pwd"}).output == "/srv/app\n");
  CHECK(tests::fs::is_directory(step.upper() / "srv/app"));
}

TEST_CASE("a working directory that is a file is an error that names it",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.cwd = "/bin/busybox";
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::system, "/bin/busybox"));
}

TEST_CASE("the program is found through the PATH of the step",
          "[root][runtime][D251]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.env = {"PATH=/nowhere::/opt/tools:/bin"};
  tests::fs::create_directories(step.image() / "opt/tools");
  tests::fs::create_symlink("/bin/busybox",
                            step.image() / "opt/tools/hostname");
  CHECK(step.run({"hostname"}).output == "strakesandbox\n");
}

TEST_CASE("a file that cannot be executed does not end the search",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  tests::fs::create_directories(step.image() / "usr/bin/true");
  CHECK(step.run({"true"}).outcome.exit_code == 0);
}

TEST_CASE("a missing command is named together with the PATH",
          "[root][runtime][D251]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK_THROWS_MATCHES(
      step.run({"foo"}), base::Error,
      HasKind(ErrorKind::step_failed,
              "\"foo\": no such command in PATH (/usr/bin:/bin), exit code "
              "127"));
  CHECK_THROWS_MATCHES(step.run({"/opt/foo"}), base::Error,
                       HasKind(ErrorKind::step_failed,
                               "\"/opt/foo\": no such file, exit code 127"));
}

TEST_CASE("an image without a shell gets a hint", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  tests::fs::remove(step.image() / "bin/sh");
  try {
    step.shell("true");
    FAIL("the shell was found");
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::step_failed);
    CHECK(error.hint().find("no shell") != std::string::npos);
  }
}

TEST_CASE("a circle of links behind the program on the PATH is no matter",
          "[root][runtime]") {
  BusyboxStep step;
  tests::fs::create_directories(step.image() / "opt/bin");
  tests::fs::create_symlink("true", step.image() / "opt/bin/true");
  step.spec.process.env = {"PATH=/bin:/opt/bin"};
  CHECK(step.run({"true"}).outcome.succeeded());
  step.spec.process.env = {"PATH=/opt/bin:/bin"};
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::step_failed, "links are a loop"));
}

TEST_CASE("a script's missing interpreter is named", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  tests::write(step.image() / "run.sh", "#! /bin/nope -e\necho hello\n");
  ::chmod((step.image() / "run.sh").c_str(), 0755);
  CHECK_THROWS_MATCHES(
      step.run({"/run.sh"}), base::Error,
      HasKind(ErrorKind::step_failed,
              "the interpreter of /run.sh is missing: /bin/nope, exit code "
              "126"));
}

TEST_CASE("a program's missing dynamic loader is named", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  tests::fs::copy("/bin/true", step.image() / "dynamic");
  CHECK_THROWS_MATCHES(step.run({"/dynamic"}), base::Error,
                       HasKind(ErrorKind::step_failed,
                               "the dynamic loader of /dynamic is missing: "
                               "/lib64/ld-linux-x86-64.so.2"));
}

TEST_CASE("a file that is no program, or not executable, is told apart",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  tests::write(step.image() / "text", "echo hello\n");
  ::chmod((step.image() / "text").c_str(), 0644);
  CHECK_THROWS_MATCHES(step.run({"/text"}), base::Error,
                       HasKind(ErrorKind::step_failed, "not executable"));
  ::chmod((step.image() / "text").c_str(), 0755);
  CHECK_THROWS_MATCHES(
      step.run({"/text"}), base::Error,
      HasKind(ErrorKind::step_failed, "not a program for this machine"));
}

TEST_CASE("standard input is empty", "[root][runtime][D316]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.shell("wc -c; readlink /proc/self/fd/0").output ==
        "0\n/dev/null\n");
}

TEST_CASE("output and errors arrive apart and whole", "[root][runtime][D316]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const tests::StepResult result = step.shell(
      "dd if=/dev/zero bs=1000 count=3000 2>/dev/null; echo oops >&2");
  CHECK(result.output.size() == 3'000'000);
  CHECK(result.error == "oops\n");
}

TEST_CASE("output that a dead step left in the pipe is delivered",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.shell("head -c 60000 /dev/zero").output.size() == 60000);
}

TEST_CASE("only the standard streams are open in the command",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  // A file without close-on-exec, as a library of ours might open.
  const int leak = ::open("/etc/passwd", O_RDONLY);
  const std::string output = step.shell("cd /proc/self/fd; echo *").output;
  ::close(leak);
  // The last one is the shell's own, of the directory it lists.
  CHECK(output == "0 1 2 3\n");
}

TEST_CASE("no signal is blocked or ignored in the command", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  ::signal(SIGPIPE, SIG_IGN);
  const std::string output =
      step.run({"grep", "Sig[BI]", "/proc/self/status"}).output;
  ::signal(SIGPIPE, SIG_DFL);
  CHECK(output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("the step is in a session of its own, without our terminal",
          "[root][runtime][D316]") {
  BusyboxStep step(EVERY_EXECUTOR);
  // Fields 6 and 7 of /proc/1/stat: session and terminal. A session of the
  // host would have number 0 here.
  CHECK(step.shell("read p n s pp g session tty rest </proc/1/stat; "
                   "echo $session $tty")
            .output == "1 0\n");
}

TEST_CASE("what the step used is measured", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const runtime::Usage usage = step.shell("sleep 0.2").outcome.usage;
  CHECK(usage.wall >= std::chrono::milliseconds(200));
  CHECK(usage.user_cpu + usage.system_cpu > std::chrono::microseconds(0));
  CHECK(usage.peak_memory_bytes > 100'000);
}

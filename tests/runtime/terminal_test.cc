// The command's own terminal.
#include <catch2/catch.hpp>
#include <filesystem>

#include "busybox_step.h"
#include "tests/has_kind.h"

using tests::BusyboxStep;

namespace {

// What comes of a shell script whose terminal is new; "\n" is "\r\n" there.
tests::StepResult run_in_terminal(BusyboxStep& step,
                                  const std::string& script) {
  step.spec.process.terminal = true;
  for (const char* applet : {"tty", "stty", "echo"}) {
    const auto link = step.image() / "bin" / applet;
    if (!exists(symlink_status(link))) create_symlink("busybox", link);
  }
  return step.shell(script);
}

}  // namespace

TEST_CASE("a terminal is the first of the sandbox's own", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const tests::StepResult result =
      run_in_terminal(step,
                      "tty; for i in 0 1 2; do test -t $i && echo yes; "
                      "done; echo /dev/pts/*");
  CHECK(result.output ==
        "/dev/pts/0\r\nyes\r\nyes\r\nyes\r\n"
        "/dev/pts/0 /dev/pts/ptmx\r\n");
  CHECK(result.error.empty());
}

TEST_CASE("the command controls its terminal", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  // Fields 6 to 8: session, terminal (136:0) and its foreground group.
  CHECK(run_in_terminal(step,
                        "read p n s pp g session tty front rest "
                        "</proc/1/stat; echo $session $tty $front; "
                        "echo through >/dev/tty")
            .output == "1 34816 1\r\nthrough\r\n");
}

TEST_CASE("a terminal belongs to the command's user and the group tty",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.user = {1000, 1000, {}};
  CHECK(run_in_terminal(step,
                        "stat -c %u:%g:%a:%t:%T $(tty) /dev/console; "
                        "echo x >/dev/console")
            .output == "1000:5:620:88:0\r\n1000:5:620:88:0\r\nx\r\n");
}

TEST_CASE("a terminal starts with the size it is to have", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.console_size = {33, 111};
  CHECK(run_in_terminal(step, "stty size").output == "33 111\r\n");
}

TEST_CASE("all that was written to a terminal arrives", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::string output =
      run_in_terminal(step,
                      "dd if=/dev/zero bs=1000 count=300 2>/dev/null; "
                      "echo end >&2")
          .output;
  CHECK(output.size() == 300'005);
  CHECK(output.substr(300'000) == "end\r\n");
}

TEST_CASE("a terminal that all had closed can be opened again",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(run_in_terminal(step,
                        "exec </dev/null >/dev/null 2>&1; sleep 0.1; "
                        "echo back >/dev/tty")
            .output == "back\r\n");
}

TEST_CASE("a terminal leaves no trace in the layer", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  run_in_terminal(step, "true");
  CHECK(step.changes().empty());
}

TEST_CASE("a terminal that cannot be made is an error that says so",
          "[root][runtime]") {
  BusyboxStep step;
  std::erase_if(step.spec.mounts, [](const runtime::Mount& mount) {
    return mount.destination == "/dev/pts";
  });
  CHECK_THROWS_MATCHES(
      run_in_terminal(step, "true"), base::Error,
      tests::HasKind(base::ErrorKind::system, "sandbox: making the terminal"));
}

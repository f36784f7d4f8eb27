// Users, groups, capabilities, limits.
#include <grp.h>

#include <catch2/catch.hpp>

#include "busybox_step.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using tests::BusyboxStep;
using tests::HasKind;
namespace fs = std::filesystem;

namespace {

constexpr const char* kCapabilities =
    "grep '^Cap' /proc/self/status | while read n v; do echo $v; done";

}  // namespace

TEST_CASE("root has Docker's fourteen capabilities", "[root][runtime][D308]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.shell(kCapabilities).output ==
        "0000000000000000\n"    // inheritable
        "00000000a80425fb\n"    // permitted
        "00000000a80425fb\n"    // effective
        "00000000a80425fb\n"    // bounding
        "0000000000000000\n");  // ambient
}

TEST_CASE("another user has none, but the bounding set stays",
          "[root][runtime][D308]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.user.uid = 1000;
  CHECK(step.shell(kCapabilities).output ==
        "0000000000000000\n"
        "0000000000000000\n"
        "0000000000000000\n"
        "00000000a80425fb\n"
        "0000000000000000\n");
}

TEST_CASE("an ambient capability reaches a user who is not root",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.user.uid = 1000;
  runtime::Capabilities& wanted = step.spec.process.capabilities;
  wanted.inheritable = wanted.ambient = {"CAP_NET_BIND_SERVICE"};
  CHECK(step.shell(kCapabilities).output ==
        "0000000000000400\n"
        "0000000000000400\n"
        "0000000000000400\n"
        "00000000a80425fb\n"
        "0000000000000400\n");
}

TEST_CASE("an unknown capability is refused by name", "[runtime]") {
  BusyboxStep step;
  step.spec.process.capabilities.bounding = {"CAP_FLY"};
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::invalid_input, "CAP_FLY"));
}

TEST_CASE("user, group and supplementary groups are those given",
          "[root][runtime][D307]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.user = {1000, 2000, {2000, 3000, 3001}, 0022};
  CHECK(step.shell("id; grep -E '^(Uid|Gid)' /proc/self/status").output ==
        "uid=1000 gid=2000 groups=2000,3000,3001\n"
        "Uid:\t1000\t1000\t1000\t1000\n"
        "Gid:\t2000\t2000\t2000\t2000\n");
}

TEST_CASE("our own supplementary groups do not reach the step",
          "[root][runtime][D307]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const gid_t ours = 4242;
  REQUIRE(::setgroups(1, &ours) == 0);
  const std::string output =
      step.run({"grep", "Groups", "/proc/self/status"}).output;
  ::setgroups(0, nullptr);
  CHECK(output == "Groups:\t \n");
}

TEST_CASE("a user who is not root cannot write where root owns",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.user.uid = 1000;
  CHECK(step.shell("touch /etc/x").outcome.exit_code == 1);
  CHECK(step.changes().empty());
}

TEST_CASE("a user who is not root can open its output anew",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.user.uid = 1000;
  const tests::StepResult result =
      step.shell("echo out >/dev/stdout; echo err >/dev/stderr");
  CHECK(result.output == "out\n");
  CHECK(result.error == "err\n");
}

TEST_CASE("a program the user may not execute is refused as such",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.user.uid = 1000;
  ::chmod((step.image() / "bin/busybox").c_str(), 0700);
  CHECK_THROWS_MATCHES(
      step.run({"/bin/true"}), base::Error,
      HasKind(ErrorKind::step_failed, "not executable for the step's user"));
}

TEST_CASE("the umask is 0022 whatever ours is", "[root][runtime][D319]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const mode_t before = ::umask(0077);
  step.spec.process.cwd = "/made";
  const std::string output =
      step.shell("umask; touch /f; mkdir /d; stat -c %a /f /d /made").output;
  ::umask(before);
  CHECK(output == "0022\n644\n755\n755\n");
}

TEST_CASE("limits are set", "[root][runtime][D319]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.process.rlimits = {{"RLIMIT_NOFILE", 100, 200},
                               {"RLIMIT_CORE", 0, 0}};
  CHECK(step.shell("ulimit -Sn; ulimit -Hn; ulimit -c").output ==
        "100\n200\n0\n");
  step.spec.process.rlimits = {{"RLIMIT_LUCK", 1, 1}};
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::invalid_input, "RLIMIT_LUCK"));
}

TEST_CASE("new privileges are forbidden only when asked",
          "[root][runtime][D309]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::vector<std::string> look = {"grep", "NoNewPrivs",
                                         "/proc/self/status"};
  CHECK(step.run(look).output == "NoNewPrivs:\t0\n");
  step.spec.process.no_new_privileges = true;
  CHECK(step.run(look).output == "NoNewPrivs:\t1\n");
}

TEST_CASE("a setuid program gives its owner's rights",
          "[root][runtime][D309]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.linux.namespaces.push_back(runtime::Namespace::network);
  step.spec.process.user.uid = 1000;
  const fs::path program = step.image() / "bin/busybox-setuid";
  fs::copy("/bin/busybox", program);
  const std::vector<std::string> ping = {"busybox-setuid", "ping", "-c", "1",
                                         "127.0.0.1"};
  CHECK_FALSE(step.run(ping).outcome.succeeded());
  ::chmod(program.c_str(), 04755);
  CHECK(step.run(ping).outcome.succeeded());
  step.spec.process.no_new_privileges = true;
  CHECK_FALSE(step.run(ping).outcome.succeeded());
}

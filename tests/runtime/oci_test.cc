// What is particular to OCI runtimes: the bundle, and what they refuse.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/subprocess.h"
#include "busybox_step.h"
#include "runtime/cgroup_hierarchy.h"
#include "runtime/inner_process.h"
#include "runtime/oci_config.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using tests::BusyboxStep;
using tests::HasKind;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

Json config_of(const runtime::Spec& spec) {
  return Json::parse(runtime::render_oci_config(spec, "rootfs"));
}

// A program that stands in for a runtime: a shell script.
fs::path write_runtime(const BusyboxStep& step, const std::string& script) {
  const fs::path program = step.temp.path() / "runtime";
  tests::write(program, "#!/bin/sh\n" + script);
  fs::permissions(program, fs::perms(0755));
  return program;
}

}  // namespace

TEST_CASE("runc and crun run a bundle that is written down",
          "[root][runtime]") {
  const std::string name = GENERATE(as<std::string>(), "runc", "crun");
  BusyboxStep step;
  const fs::path bundle = step.temp.path() / "bundle";
  fs::create_directories(bundle);
  fs::copy(step.image(), bundle / "rootfs",
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  step.spec.process.args = {"/bin/sh", "-c", "id -u; hostname; pwd; umask"};
  step.spec.process.user = {1000, 2000, {3000}, 0027};
  step.spec.process.cwd = "/tmp";
  step.spec.process.env.emplace_back("HOME=/");
  step.spec.process.rlimits = {{"RLIMIT_NOFILE", 100, 200}};
  tests::write(bundle / "config.json",
               runtime::render_oci_config(step.spec, "rootfs"));
  // What the machine of a test may have beside each other, crun refuses.
  const std::string script =
      "umount -l /sys/fs/cgroup/unified 2>/dev/null; exec " + name +
      " --root " + (step.temp.path() / "state").native() + " run --bundle " +
      bundle.native() + " strake-test-" + std::to_string(::getpid());
  base::Command command;
  command.args = {"unshare", "--mount", "sh", "-c", script};
  command.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  const base::CommandResult result = base::run_command(command, {});
  CHECK(result.errors == "");
  CHECK(result.output == "1000\nstrakesandbox\n/tmp\n0027\n");
}

TEST_CASE("every field of a Spec is in its configuration", "[runtime]") {
  runtime::Spec spec = runtime::default_spec();
  spec.process.args = {"a", "b"};
  spec.process.env = {"A=1"};
  spec.process.cwd = "/w//x/";
  spec.process.no_new_privileges = true;
  spec.process.terminal = true;
  spec.process.console_size = {24, 80};
  spec.process.rlimits = {{"RLIMIT_CORE", 0, 1}};
  spec.root_readonly = true;
  spec.linux.resources.memory.limit = 64 << 20;
  spec.linux.resources.cpu.quota = 50'000;
  spec.linux.resources.cpu.shares = 512;
  spec.linux.resources.cpu.cpus = "0-1";
  spec.linux.resources.pids = 100;
  spec.linux.resources.block_io.weight = 500;
  spec.linux.resources.block_io.read_bps = {{8, 0, 1 << 20}};
  spec.linux.resources.cgroup_parent = "/group";
  spec.linux.network_path = "/run/netns/x";
  spec.mounts = {{"/src", "bind", "/tmp", {"rbind", "ro"}}};
  const Json config = config_of(spec);
  CHECK(config["root"] == Json{{"path", "rootfs"}, {"readonly", true}});
  CHECK(config["hostname"] == "strakesandbox");
  const Json& process = config["process"];
  CHECK(process["args"] == Json{"a", "b"});
  CHECK(process["env"] == Json{"A=1"});
  CHECK(process["cwd"] == "/w/x");
  CHECK(process["noNewPrivileges"] == true);
  CHECK(process["consoleSize"] == Json{{"height", 24}, {"width", 80}});
  CHECK(process["rlimits"][0] ==
        Json{{"type", "RLIMIT_CORE"}, {"soft", 0}, {"hard", 1}});
  CHECK(process["user"]["umask"] == 0022);
  CHECK(config["mounts"][0]["options"] ==
        Json{"rbind", "ro", "rro", "rprivate"});
  const Json& linux = config["linux"];
  CHECK(linux["namespaces"].size() == 6);
  CHECK(linux["namespaces"].back() ==
        Json{{"type", "network"}, {"path", "/run/netns/x"}});
  CHECK(linux["cgroupsPath"] == "/group");
  CHECK(linux["maskedPaths"] == Json(spec.linux.masked_paths));
  CHECK(linux["readonlyPaths"] == Json(spec.linux.readonly_paths));
  CHECK(linux["devices"][0]["path"] == "/dev/null");
  CHECK(linux["resources"]["memory"]["limit"] == 64 << 20);
  CHECK(linux["resources"]["memory"]["swap"] == 128 << 20);
  CHECK(linux["resources"]["cpu"] == Json{{"quota", 50'000},
                                          {"period", 100'000},
                                          {"shares", 512},
                                          {"cpus", "0-1"}});
  CHECK(linux["resources"]["pids"]["limit"] == 100);
  CHECK(linux["resources"]["blockIO"]["weight"] == 500);
  CHECK(linux["resources"]["blockIO"]["throttleReadBpsDevice"][0] ==
        Json{{"major", 8}, {"minor", 0}, {"rate", 1 << 20}});
  CHECK(linux["resources"]["devices"][0] ==
        Json{{"allow", false}, {"type", "a"}, {"access", "rwm"}});
}

// socket(2) looks at the lower half of the family alone; a filter that compared
// all of it would let through what has something in the upper.
TEST_CASE("part of an argument that must differ becomes a rule for each bit",
          "[runtime]") {
  using Operator = runtime::Seccomp::Argument::Operator;
  runtime::Seccomp seccomp;
  runtime::Seccomp::Rule rule;
  rule.names = {"socket"};
  rule.arguments = {{0, Operator::not_equal, 0b101, 0b111},
                    {1, Operator::equal, 7}};
  seccomp.rules.push_back(rule);
  const Json calls = runtime::render_oci_seccomp(seccomp)["syscalls"];
  REQUIRE(calls.size() == 3);
  for (unsigned bit = 0; bit < 3; ++bit) {
    const std::uint64_t mask = 1U << bit;
    CHECK(calls[bit]["args"] ==
          Json{{{"index", 0},
                {"op", "SCMP_CMP_MASKED_EQ"},
                {"value", mask},
                {"valueTwo", ~0b101U & mask}},
               {{"index", 1}, {"op", "SCMP_CMP_EQ"}, {"value", 7}}});
  }
}

TEST_CASE("words that are not UTF-8 are refused with what helps", "[runtime]") {
  runtime::Spec spec = runtime::default_spec();
  spec.process.args = {"\xff"};
  CHECK_THROWS_MATCHES(config_of(spec), base::Error,
                       HasKind(ErrorKind::invalid_input, "not UTF-8"));
}

TEST_CASE("what a runtime refuses is told in its own words",
          "[root][runtime]") {
  const std::string name = GENERATE(as<std::string>(), "runc", "crun");
  BusyboxStep step(name);
  step.spec.mounts.push_back({"/dev/t", "tmpfs", "", {"colour=blue"}});
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::system, "sandbox: " + name + ": "));
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::system, "mount"));
}

TEST_CASE("a program that is no runtime is named", "[root][runtime]") {
  BusyboxStep step;
  const fs::path program = write_runtime(
      step, "test \"$1\" = --version && echo mock 1 && exit; exit 3");
  step.executor = std::make_unique<runtime::OciExecutor>(program);
  CHECK_THROWS_MATCHES(
      step.run({"true"}), base::Error,
      HasKind(ErrorKind::system,
              program.native() + " create failed with exit code 3"));
  write_runtime(step, "exit 1");
  step.executor = std::make_unique<runtime::OciExecutor>(program);
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::unsupported, "no OCI runtime"));
}

TEST_CASE("the runtime's files are on memory and gone with the step",
          "[root][runtime]") {
  BusyboxStep step("runc");
  runtime::Mount secret{"/run/secrets/key", "file", "", {"ro", "mode=0400"}};
  secret.content = "hush";
  step.spec.mounts.push_back(secret);
  CHECK(step.shell("cat /run/secrets/key").output == "hush");
  CHECK(fs::is_empty(step.root.scratch));
  CHECK(step.changes().empty());
}

TEST_CASE("a runtime leaves no control group", "[root][runtime]") {
  const std::string name = GENERATE(as<std::string>(), "runc", "crun");
  BusyboxStep step(name);
  step.spec.linux.resources.memory.limit = 64 << 20;
  step.spec.linux.resources.cpu.quota = 50'000;
  CHECK_FALSE(step.shell("exec dd if=/dev/zero of=/dev/shm/x bs=1M count=99 "
                         "2>/dev/null")
                  .outcome.succeeded());
  for (const auto& hierarchy : runtime::find_cgroup_hierarchies()) {
    CHECK(tests::groups_in(hierarchy.own).empty());
  }
}

TEST_CASE("whether a process has executed a program is read from its flags",
          "[runtime]") {
  CHECK_FALSE(runtime::has_executed("7 (a) b) S 1 7 7 0 -1 4194368 100 0"));
  CHECK(runtime::has_executed("7 (a (0) S 1 7 7 0 -1 4194304 100 0"));
}

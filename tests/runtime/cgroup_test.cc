// Limits are honoured or refused, and nothing of them is left.
#include "runtime/cgroup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "base/file.h"
#include "busybox_step.h"
#include "runtime/child_process.h"
#include "runtime/syscalls.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using runtime::CgroupHierarchy;
using tests::BusyboxStep;
using tests::groups_in;
using tests::HasKind;

namespace {

namespace fs = std::filesystem;

// A machine's version 2 hierarchy as plain files, with us in user/session.
class FakeUnified {
 public:
  FakeUnified() {
    fs::create_directories(own());
    tests::write(root() / "cgroup.controllers", "cpuset cpu memory\n");
    for (const fs::path& at : {root(), root() / "user", own()}) {
      tests::write(at / "cgroup.subtree_control", "");
    }
  }
  const fs::path& root() const { return temp_.path(); }
  fs::path own() const { return root() / "user/session"; }
  std::vector<CgroupHierarchy> hierarchies() const {
    return {{CgroupHierarchy::Version::v2, {}, root(), own()}};
  }

 private:
  base::TempDir temp_;
};

runtime::Resources memory_limit(std::int64_t bytes) {
  runtime::Resources limits;
  limits.memory.limit = bytes;
  return limits;
}

runtime::Resources cpu_limit(std::int64_t quota) {
  runtime::Resources limits;
  limits.cpu.quota = quota;
  return limits;
}

// Where our own cgroup has this controller; each machine has one of the two.
const CgroupHierarchy& find_real(const std::vector<CgroupHierarchy>& all,
                                 const std::string& controller) {
  for (const CgroupHierarchy& hierarchy : all) {
    if (hierarchy.controllers == std::vector{controller}) return hierarchy;
  }
  return all.back();
}

}  // namespace

TEST_CASE("a limit whose controller is nowhere is refused by name",
          "[runtime]") {
  CHECK_THROWS_MATCHES(
      runtime::Cgroup(memory_limit(64 << 20),
                      {{CgroupHierarchy::Version::v1, {"cpu"}, "/c", "/c"}}),
      base::Error,
      HasKind(ErrorKind::unsupported,
              "cgroup controller \"memory\" is in none of the mounted "
              "hierarchies (/c)"));
}

TEST_CASE("a v2 group is made where children have the controller",
          "[runtime]") {
  const FakeUnified fake;
  tests::write(fake.root() / "cgroup.subtree_control", "cpuset cpu memory\n");
  tests::write(fake.root() / "user/cgroup.subtree_control", "cpuset memory\n");
  // Plain files have no memory.max, so the path is seen in the refusal.
  CHECK_THROWS_MATCHES(
      runtime::Cgroup(memory_limit(64 << 20), fake.hierarchies()), base::Error,
      HasKind(ErrorKind::system, "writing 67108864 to " +
                                     (fake.root() / "user/strake-").native()));
  CHECK_THROWS_MATCHES(
      runtime::Cgroup(cpu_limit(50'000), fake.hierarchies()), base::Error,
      HasKind(ErrorKind::system,
              "writing 50000 100000 to " + (fake.root() / "strake-").native()));
  CHECK(groups_in(fake.root()).empty());
  CHECK(groups_in(fake.root() / "user").empty());
}

TEST_CASE("controllers that no v2 group hands down are enabled at the top",
          "[runtime]") {
  const FakeUnified fake;
  runtime::Resources limits = memory_limit(64 << 20);
  limits.cpu.quota = 50'000;
  CHECK_THROWS(runtime::Cgroup(limits, fake.hierarchies()));
  CHECK(tests::read(fake.root() / "cgroup.subtree_control") == "+memory +cpu");
}

TEST_CASE("groups whose owner is dead are swept, with what is in them",
          "[runtime]") {
  const FakeUnified fake;
  fs::create_directory(fake.root() / "strake-1-0");
  fs::create_directory(fake.root() / "strake-2-0");
  fs::create_directory(fake.root() / "other-3-0");
  fs::create_directories(fake.root() / "strake-4.scope/strake-4-0");
  const base::Fd owner =
      base::open_file(fake.root() / "strake-2-0", O_RDONLY | O_DIRECTORY);
  REQUIRE(::flock(owner.get(), LOCK_EX) == 0);
  fs::create_directories(fake.own() / "strake-3-0/made/by/its/command");
  runtime::sweep_cgroups(fake.hierarchies());
  CHECK_FALSE(fs::exists(fake.own() / "strake-3-0"));
  CHECK_FALSE(fs::exists(fake.root() / "strake-1-0"));
  CHECK(fs::exists(fake.root() / "strake-2-0"));
  CHECK(fs::exists(fake.root() / "other-3-0"));
  CHECK(fs::exists(fake.root() / "strake-4.scope/strake-4-0"));
}

TEST_CASE("a group that is closed to whoever sweeps stops nobody",
          "[runtime]") {
  const FakeUnified fake;
  const fs::path closed = fake.own() / "strake-1-0";
  fs::create_directory(closed);
  fs::permissions(closed, fs::perms::none);
  fs::create_directory(fake.own() / "strake-2-0");
  fs::create_directory(fake.own() / "strake-3-0");
  CHECK_NOTHROW(runtime::sweep_cgroups(fake.hierarchies()));
  CHECK_FALSE(fs::exists(fake.own() / "strake-2-0"));
  CHECK_FALSE(fs::exists(fake.own() / "strake-3-0"));
  if (fs::exists(closed)) fs::permissions(closed, fs::perms::owner_all);
}

TEST_CASE("a step that outgrows its memory is killed and counted",
          "[root][runtime]") {
  BusyboxStep step;
  step.spec.linux.resources = memory_limit(16 << 20);
  tests::fs::create_symlink("busybox", step.image() / "bin/tail");
  const runtime::Outcome outcome =
      step.run({"tail", "-c", "40000000", "/dev/zero"}).outcome;
  CHECK(outcome.exit_code == 137);
  CHECK(outcome.usage.oom_kills == 1);
  CHECK(outcome.usage.peak_memory_bytes > 15U << 20U);
  CHECK(outcome.usage.peak_memory_bytes <= 16U << 20U);
}

TEST_CASE("a step within its limits runs, and its group is gone",
          "[root][runtime]") {
  const auto hierarchies = runtime::find_cgroup_hierarchies();
  const fs::path own = find_real(hierarchies, "memory").own;
  BusyboxStep step;
  step.spec.linux.resources = memory_limit(64 << 20);
  step.spec.linux.resources.cpu.quota = 50'000;
  const tests::StepResult result = step.shell("cat /proc/self/cgroup; exit 3");
  CHECK(result.outcome.exit_code == 3);
  CHECK(result.outcome.usage.oom_kills == 0);
  // Its own group is all it sees.
  CHECK(result.output.find("strake-") == std::string::npos);
  CHECK(groups_in(own).empty());
}

TEST_CASE("half a processor is half a processor", "[root][runtime]") {
  BusyboxStep step;
  step.spec.linux.resources = cpu_limit(20'000);
  const runtime::Usage usage =
      step.shell("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done")
          .outcome.usage;
  CHECK(usage.wall > 2 * (usage.user_cpu + usage.system_cpu));
}

TEST_CASE("a child starts in the v2 group it is given", "[root][runtime]") {
  const auto hierarchies = runtime::find_cgroup_hierarchies();
  const CgroupHierarchy& unified = find_real(hierarchies, "");
  REQUIRE(unified.version == CgroupHierarchy::Version::v2);
  const fs::path group = unified.own / "strake-test";
  fs::create_directory(group);
  {
    BusyboxStep step;
    step.spec.process.args = {"sleep", "60"};
    const runtime::SandboxPlan plan(step.spec, step.root);
    base::Pipe report = base::open_pipe();
    const base::Fd self(runtime::pidfd_open(::getpid()));
    const base::Fd directory = base::open_file(group, O_RDONLY | O_DIRECTORY);
    runtime::ChildFiles files;
    files.report = report.write_end.get();
    files.parent = self.get();
    files.cgroup = directory.get();
    const runtime::ChildProcess child(plan, files);
    CHECK(tests::read(group / "cgroup.procs") ==
          std::to_string(child.pid()) + "\n");
  }
  CHECK(::rmdir(group.c_str()) == 0);
}

TEST_CASE("a parent is made, hands controllers down, and goes with its group",
          "[runtime]") {
  const FakeUnified fake;
  runtime::Resources limits = memory_limit(64 << 20);
  limits.cgroup_parent = "/ci/../jobs";
  // Plain directories have no files to enable controllers in.
  CHECK_THROWS_MATCHES(
      runtime::Cgroup(limits, fake.hierarchies()), base::Error,
      HasKind(ErrorKind::system, (fake.root() / "jobs/strake-").native()));
  CHECK(tests::read(fake.root() / "cgroup.subtree_control") == "+memory");
  CHECK_FALSE(fs::exists(fake.root() / "jobs"));
  CHECK_FALSE(fs::exists(fake.root() / "ci"));
  limits.cgroup_parent = "a-b.slice";
  CHECK_THROWS_MATCHES(
      runtime::Cgroup(limits, fake.hierarchies()), base::Error,
      HasKind(ErrorKind::system,
              (fake.root() / "a.slice/a-b.slice/strake-").native()));
  limits.cgroup_parent = "../../below";
  CHECK_THROWS_MATCHES(
      runtime::Cgroup(limits, fake.hierarchies()), base::Error,
      HasKind(ErrorKind::system, (fake.own() / "below/strake-").native()));
}

TEST_CASE("processors that are not there are refused", "[root][runtime]") {
  runtime::Resources limits;
  limits.cpu.cpus = "0-8000";
  CHECK_THROWS_MATCHES(
      runtime::Cgroup(limits, runtime::find_cgroup_hierarchies()), base::Error,
      HasKind(ErrorKind::invalid_input, "cpuset.cpus 0-8000 is asked for"));
}

TEST_CASE("a step runs on the processors and in the number it is given",
          "[root][runtime]") {
  BusyboxStep step;
  step.spec.linux.resources.cpu.cpus = "0";
  step.spec.linux.resources.pids = 1;
  const tests::StepResult result =
      step.shell("grep Cpus_allowed_list /proc/self/status | cat");
  CHECK(result.error.find("fork") != std::string::npos);
  step.spec.linux.resources.pids = 20;
  CHECK(step.run({"grep", "Cpus_allowed_list", "/proc/self/status"}).output ==
        "Cpus_allowed_list:\t0\n");
}

TEST_CASE("without a limit a step's peak is that of all its processes",
          "[root][runtime]") {
  BusyboxStep step;
  const runtime::Usage usage =
      step.shell(
              "dd if=/dev/zero of=/dev/shm/a bs=1M count=20 && "
              "dd if=/dev/zero of=/dev/shm/b bs=1M count=20")
          .outcome.usage;
  CHECK(usage.peak_memory_bytes > 40U << 20U);
}

TEST_CASE("a limit that is denied says who could set it", "[runtime]") {
  const base::Error denied = runtime::limit_error(EACCES, "making /c/strake");
  CHECK(denied.kind() == ErrorKind::denied);
  CHECK(denied.message() ==
        "the limit cannot be set: making /c/strake: Permission denied");
  CHECK(denied.hint().find("systemd-run --user --scope -p Delegate=yes") !=
        std::string::npos);
  CHECK(runtime::limit_error(EROFS, "x").hint().find("container") !=
        std::string::npos);
  CHECK(runtime::limit_error(EBUSY, "x").hint().find("holds processes") !=
        std::string::npos);
}

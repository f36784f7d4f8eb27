// Mount points leave no trace in the upper directory.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <catch2/catch.hpp>

#include "busybox_step.h"

using tests::BusyboxStep;
using Paths = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

// An image with a file below /etc, a step that mounts a file over `target`.
struct MountedFile : BusyboxStep {
  MountedFile(const std::string& executor_name, const std::string& target)
      : BusyboxStep(executor_name) {
    tests::write(temp.path() / "hosts", "from the host\n");
    spec.mounts.push_back(
        {target, "bind", (temp.path() / "hosts").native(), {"ro"}});
  }
};

timespec modification_time(const fs::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mtim;
}

void whiteout(const fs::path& path) {
  REQUIRE(::mknod(path.c_str(), S_IFCHR, ::makedev(0, 0)) == 0);
}

}  // namespace

TEST_CASE("a step that changes nothing leaves upper empty",
          "[root][runtime][D269]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const timespec before = modification_time(step.upper());
  CHECK(step.run({"true"}).outcome.succeeded());
  CHECK(step.changes().empty());
  const timespec after = modification_time(step.upper());
  CHECK(before.tv_nsec == after.tv_nsec);
  CHECK(fs::is_empty(step.root.work));
  CHECK(fs::is_empty(step.root.scratch));
}

TEST_CASE("mounts on missing targets leave upper empty",
          "[root][runtime][D268][D270]") {
  MountedFile step(EVERY_EXECUTOR, "/etc/hosts");
  step.spec.mounts.push_back({"/deep/er/cache", "tmpfs", "", {}});
  step.spec.mounts.push_back({"/deep/er/cache/in/side", "tmpfs", "", {}});
  const tests::StepResult result = step.shell(
      "cat /etc/hosts; touch /deep/er/cache/x /deep/er/cache/in/side/y");
  CHECK(result.output == "from the host\n");
  CHECK(result.error.empty());
  CHECK(step.changes().empty());
}

TEST_CASE("what the image has is seen below a stub's parent",
          "[root][runtime][D268]") {
  MountedFile step(EVERY_EXECUTOR, "/etc/hosts");
  tests::write(step.image() / "etc/passwd", "root\n");
  ::chmod((step.image() / "etc").c_str(), 0711);
  CHECK(step.shell("ls /etc; stat -c %a /etc").output ==
        "hosts\npasswd\n711\n");
}

TEST_CASE("a dangling link is mounted over at its target, without trace",
          "[root][runtime][D268][D269]") {
  MountedFile step(EVERY_EXECUTOR, "/etc/resolv.conf");
  fs::create_symlink("../run/resolve/stub.conf",
                     step.image() / "etc/resolv.conf");
  CHECK(step.shell("cat /etc/resolv.conf; ls /run/resolve").output ==
        "from the host\nstub.conf\n");
  CHECK(step.changes().empty());
}

TEST_CASE("a mount point that the image removed comes back for the step only",
          "[root][runtime][D268][D269]") {
  MountedFile step(EVERY_EXECUTOR, "/etc/hosts");
  tests::write(step.image() / "etc/hosts", "of the base\n");
  tests::write(step.image() / "etc/passwd", "root\n");
  fs::create_directories(step.add_layer("second") / "etc");
  whiteout(step.temp.path() / "second/etc/hosts");
  CHECK(step.shell("cat /etc/hosts; ls /etc").output ==
        "from the host\nhosts\npasswd\n");
  CHECK(step.changes().empty());
  step.spec.mounts.pop_back();
  CHECK(step.shell("ls /etc").output == "passwd\n");
}

TEST_CASE("a mount point hidden by an opaque directory leaves no trace",
          "[root][runtime][D268]") {
  MountedFile step(EVERY_EXECUTOR, "/opt/app/config");
  fs::create_directories(step.add_layer("second") / "opt");
  REQUIRE(::setxattr((step.temp.path() / "second/opt").c_str(),
                     "trusted.overlay.opaque", "y", 1, 0) == 0);
  CHECK(step.shell("cat /opt/app/config").output == "from the host\n");
  CHECK(step.changes().empty());
}

TEST_CASE(
    "what a step made, changed and removed is in upper as overlayfs has it",
    "[root][runtime][D268]") {
  BusyboxStep step(EVERY_EXECUTOR);
  tests::write(step.image() / "etc/gone", "x");
  tests::write(step.image() / "etc/changed", "old");
  fs::create_directories(step.image() / "opt/old");
  step.shell(
      "rm /etc/gone; echo new >/etc/changed; touch /made; "
      "rm -r /opt; mkdir /opt");
  CHECK(step.changes() ==
        Paths{"etc", "etc/changed", "etc/gone", "made", "opt"});
  struct stat status {};
  REQUIRE(::lstat((step.upper() / "etc/gone").c_str(), &status) == 0);
  CHECK(S_ISCHR(status.st_mode));
  CHECK(status.st_rdev == ::makedev(0, 0));
  CHECK(tests::read(step.upper() / "etc/changed") == "new\n");
  char opaque = 0;
  CHECK(::getxattr((step.upper() / "opt").c_str(), "trusted.overlay.opaque",
                   &opaque, 1) == 1);
}

TEST_CASE("what the step does beside a made mount point stays",
          "[root][runtime][D268]") {
  MountedFile step(EVERY_EXECUTOR, "/etc/resolv.conf");
  fs::create_directories(step.image() / "run/a");
  fs::create_symlink("../run/a/stub.conf", step.image() / "etc/resolv.conf");

  SECTION("a new file keeps its directory") {
    step.shell("touch /run/a/mine");
    CHECK(step.changes() == Paths{"run", "run/a", "run/a/mine"});
  }
  SECTION("a changed mode keeps its directory") {
    step.shell("chmod 700 /run/a");
    CHECK(step.changes() == Paths{"run", "run/a"});
  }
  SECTION("a changed time keeps its directory") {
    step.shell("touch -d 2001-01-01 /run/a");
    CHECK(step.changes() == Paths{"run", "run/a"});
  }
}

TEST_CASE("the parent of a made mount point keeps its time during the step",
          "[root][runtime][D268]") {
  MountedFile step(EVERY_EXECUTOR, "/etc/resolv.conf");
  fs::create_directories(step.image() / "run/a");
  fs::create_symlink("../run/a/stub.conf", step.image() / "etc/resolv.conf");
  fs::last_write_time(step.image() / "run/a", fs::file_time_type::clock::now() -
                                                  std::chrono::hours(24 * 365));
  const std::string before =
      std::to_string(modification_time(step.image() / "run/a").tv_sec);
  CHECK(step.shell("stat -c %Y /run/a").output == before + "\n");
}

TEST_CASE("a mount target through the image's links stays in the root",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const fs::path outside = step.temp.path() / "outside";
  fs::create_directories(outside);
  fs::create_symlink(outside, step.image() / "absolute");
  fs::create_symlink("../../../../../../../../.." + outside.native(),
                     step.image() / "relative");
  step.spec.mounts.push_back({"/absolute/a", "tmpfs", "", {}});
  step.spec.mounts.push_back({"/relative/b", "tmpfs", "", {}});
  step.spec.mounts.push_back({"/bin/../../../c", "tmpfs", "", {}});
  CHECK(step.shell("touch /absolute/a/x /relative/b/y; ls -d /c").output ==
        "/c\n");
  CHECK(fs::is_empty(outside));
  CHECK(step.changes().empty());
}

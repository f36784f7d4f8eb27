// The kinds of mounts, and the overlay below them.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/temp_dir.h"
#include "busybox_step.h"
#include "runtime/child.h"
#include "runtime/mount_plan.h"
#include "runtime/overlay_plan.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using tests::BusyboxStep;
using tests::HasKind;
namespace fs = std::filesystem;

TEST_CASE("a bind mount shows its source and takes writes", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const fs::path source = step.temp.path() / "source";
  fs::create_directories(source);
  tests::write(source / "a", "A\n");
  step.spec.mounts.push_back({"/mnt/src", "bind", source.native(), {"rw"}});
  CHECK(step.shell("cat /mnt/src/a; echo B >/mnt/src/b").output == "A\n");
  CHECK(tests::read(source / "b") == "B\n");
  CHECK(step.changes().empty());
}

TEST_CASE("a read-only bind mount is read-only", "[root][runtime][D271]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const fs::path source = step.temp.path() / "source";
  fs::create_directories(source);
  step.spec.mounts.push_back(
      {"/src", "bind", source.native(), {"rbind", "ro"}});
  CHECK(step.shell("touch /src/x").error.find("Read-only") !=
        std::string::npos);
  CHECK(fs::is_empty(source));
}

TEST_CASE("a link in the path of a real source is not followed",
          "[root][runtime][D271]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const fs::path base = fs::canonical(step.temp.path());
  fs::create_directories(base / "real/source/below");
  tests::write(base / "real/source/a", "A\n");
  fs::create_directory_symlink(base / "real", base / "link");
  const std::string option(runtime::kRealSource);
  const auto mount = [&](const fs::path& source) {
    return runtime::Mount{
        "/src", "bind", source.native(), {"rbind", "ro", option}};
  };
  step.spec.mounts.push_back(mount(base / "real/source"));
  CHECK(step.shell("cat /src/a; touch /src/b || ls /src").output ==
        "A\na\nbelow\n");
  step.spec.mounts.back() = mount(base / "link/source");
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::system, "link/source"));
  fs::create_directories(step.temp.path() / "up");
  fs::create_directories(step.temp.path() / "wd");
  step.spec.mounts.back() = {
      "/src",
      "overlay",
      "overlay",
      {option, "lowerdir+=" + (base / "link/source").native(),
       "upperdir=" + (base / "up").native(),
       "workdir=" + (base / "wd").native()}};
  CHECK_THROWS_AS(step.run({"true"}), base::Error);
  step.spec.mounts.back().options[1] =
      "lowerdir+=" + (base / "real/source").native();
  CHECK(step.shell("cat /src/a").output == "A\n");
}

TEST_CASE("a missing bind source is named", "[root][runtime][D273]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.mounts.push_back({"/src", "bind", "/no/such/thing", {}});
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::not_found, "/no/such/thing"));
}

TEST_CASE("a tmpfs takes size and mode", "[root][runtime][D286]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.mounts.push_back(
      {"/t", "tmpfs", "tmpfs", {"size=1m", "nosuid", "mode=0700"}});
  CHECK(step.shell("stat -c %a /t; dd if=/dev/zero of=/t/x bs=64k count=17 "
                   "2>/dev/null; stat -c %s /t/x")
            .output == "700\n1048576\n");
  step.spec.mounts.back().options = {"nosuid"};
  CHECK(step.shell("stat -c %a /t").output == "1777\n");
}

TEST_CASE("an overlay mount keeps writes out of its source",
          "[root][runtime][D272]") {
  BusyboxStep step(EVERY_EXECUTOR);
  for (const char* name : {"src", "o/upper", "o/work"}) {
    fs::create_directories(step.temp.path() / name);
  }
  tests::write(step.temp.path() / "src/a", "A\n");
  const std::string base = step.temp.path().native();
  step.spec.mounts.push_back(
      {"/src",
       "overlay",
       "overlay",
       {"lowerdir=" + base + "/src", "upperdir=" + base + "/o/upper",
        "workdir=" + base + "/o/work"}});
  CHECK(step.shell("cat /src/a; echo B >/src/a; cat /src/a").output ==
        "A\nB\n");
  CHECK(tests::read(step.temp.path() / "src/a") == "A\n");
  CHECK(step.changes().empty());
}

TEST_CASE("a mount over the root is refused", "[root][runtime][D266]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.mounts.push_back({"/", "tmpfs", "", {}});
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::invalid_input, "\"/\""));
  step.spec.mounts.back().destination = "relative";
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::invalid_input, "\"relative\""));
  fs::create_symlink("..", step.image() / "up");
  step.spec.mounts.back().destination = "/up";
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::system, "the target is the root"));
}

TEST_CASE("a failing mount is named with the kernel's words",
          "[root][runtime]") {
  BusyboxStep step;
  step.spec.mounts.push_back({"/t", "tmpfs", "", {"colour=blue"}});
  CHECK_THROWS_MATCHES(
      step.run({"true"}), base::Error,
      HasKind(ErrorKind::system, "sandbox: mount of tmpfs on /t: creating"));
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::system, "colour"));
  step.spec.mounts.back() = {"/t", "bind", "/tmp", {"colour=blue"}};
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::invalid_input, "colour=blue"));
}

TEST_CASE("upper layers hide lower ones", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  tests::write(step.image() / "etc/v", "old\n");
  fs::create_directories(step.add_layer("second") / "etc");
  tests::write(step.temp.path() / "second/etc/v", "new\n");
  CHECK(step.run({"cat", "/etc/v"}).output == "new\n");
}

TEST_CASE("a missing layer is named", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.root.lower.push_back("/no/such/layer");
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::not_found, "/no/such/layer"));
}

TEST_CASE("all files of the root have one device number", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  fs::create_directories(step.add_layer("second"));
  tests::write(step.temp.path() / "second/file", "");
  CHECK(step.shell("touch /new; stat -c %d / /bin/busybox /file /new | "
                   "while read d; do test $d = $(stat -c %d /) || echo $d; "
                   "done")
            .output.empty());
}

TEST_CASE("a root without layers has its mount points", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.root.lower.clear();
  step.spec.mounts.push_back(
      {"/bin", "bind", (step.image() / "bin").native(), {"ro"}});
  CHECK(step.run({"ls", "/"}).output == "bin\ndev\nproc\nsys\n");
  CHECK(step.changes().empty());
}

TEST_CASE("499 layers stack, 500 are refused", "[root][runtime]") {
  BusyboxStep step;
  for (int i = 1; i < 499; ++i) {
    const fs::path layer = step.add_layer("layer" + std::to_string(i));
    tests::write(layer / std::to_string(i), "");
  }
  CHECK(step.shell("ls -d /[0-9]* | wc -l").output == "498\n");
  step.add_layer("one-more");
  CHECK_THROWS_MATCHES(step.run({"true"}), base::Error,
                       HasKind(ErrorKind::invalid_input, "500 layers"));
}

TEST_CASE("directories with long or odd names can be layers",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::string part(200, 'x');
  // Longer than fsconfig(2) takes, and together than mount(2) does.
  for (int i = 0; i < 12; ++i) {
    const fs::path layer =
        step.add_layer(part + "/" + part + "/a:b,c\\d e" + std::to_string(i));
    tests::write(layer / ("found" + std::to_string(i)), "yes\n");
  }
  const fs::path upper = step.temp.path() / (part + "/up\\per,:");
  fs::create_directories(upper);
  step.root.upper = upper;
  CHECK(step.shell("ls -d /found* | wc -l; echo 1 >/new").output == "12\n");
  CHECK(tests::read(upper / "new") == "1\n");
}

TEST_CASE("a kernel that takes no single lowers gets the old mount call",
          "[root][runtime]") {
  BusyboxStep step;
  runtime::OverlayPlan plan = runtime::plan_overlay(step.root, {});
  // An empty name is refused as an unknown key would be.
  for (runtime::Parameter& parameter : plan.parameters) {
    if (parameter.key == "lowerdir+") parameter.value.clear();
  }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::unshare(CLONE_NEWNS);
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    const int root = runtime::mount_root(plan, runtime::Reporter(-1));
    ::_exit(::faccessat(root, "bin/busybox", F_OK, 0) == 0 ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("the old mount call gets escaped paths, or none when too long",
          "[runtime]") {
  const base::TempDir temp;
  const std::string base = temp.path().native();
  runtime::Root root;
  root.lower = {base + "/a:b", base + "/c,d\\e"};
  for (const fs::path& layer : root.lower) fs::create_directories(layer);
  root.upper = "/up";
  root.work = "/work";
  root.scratch = "/scratch";
  CHECK(runtime::plan_overlay(root, {}).legacy_options ==
        "volatile,redirect_dir=off,metacopy=off,index=off,xino=off,"
        "upperdir=/up,workdir=/work,lowerdir=" +
            base + "/a\\:b:" + base + "/c\\,d\\\\e");
  root.lower.assign(400, root.lower[0]);
  CHECK(runtime::plan_overlay(root, {}).legacy_options.empty());
}

TEST_CASE("only mount points that no layer has get a stub", "[runtime][D268]") {
  const base::TempDir temp;
  runtime::Root root;
  root.lower = {temp.path() / "top", temp.path() / "base"};
  fs::create_directories(root.lower[0] / "opt");
  fs::create_directories(root.lower[1] / "proc");
  root.upper = "/up";
  root.work = "/work";
  root.scratch = "/scratch";
  std::vector<runtime::MountPlan> mounts(5);
  mounts[0].destination = "/proc";
  mounts[1].destination = "/opt/app/file";
  mounts[1].point = runtime::PointKind::file;
  mounts[2].destination = "/opt";
  mounts[3].destination = "/opt/inside/another/mount";
  mounts[4].destination = "/opt/../dots";
  const runtime::OverlayPlan plan = runtime::plan_overlay(root, mounts);
  std::vector<std::string> paths;
  for (const runtime::StubPlan& stub : plan.stubs) paths.push_back(stub.path);
  CHECK(paths == std::vector<std::string>{
                     "/scratch/stubs", "/scratch/stubs/opt",
                     "/scratch/stubs/opt/app", "/scratch/stubs/opt/app/file"});
  CHECK(plan.stubs.back().kind == runtime::PointKind::file);
  std::string lowest;
  for (const runtime::Parameter& parameter : plan.parameters) {
    if (parameter.key == "lowerdir+") lowest = parameter.value;
  }
  CHECK(lowest == "/scratch/stubs");
  mounts.resize(1);
  CHECK(runtime::plan_overlay(root, mounts).stubs.empty());
}

TEST_CASE("a file on memory has its content, owner and mode, and no name",
          "[root][runtime][D291]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::string content(200'000, 's');
  runtime::Mount file{
      "/run/secrets/key", "file", "", {"ro", "mode=0440", "uid=7", "gid=8"}};
  file.content = content;
  step.spec.mounts.push_back(file);
  CHECK(step.shell("stat -c '%a %u %g %s' /run/secrets/key; ls -A /dev/shm; "
                   "echo x >/run/secrets/key 2>/dev/null || echo refused")
            .output == "440 7 8 200000\nrefused\n");
  CHECK(step.changes().empty());
}

TEST_CASE("a file on memory never touches what is mounted on /dev/shm",
          "[root][runtime][D291][D294]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const fs::path disk = step.temp.path() / "disk";
  fs::create_directories(disk);
  fs::permissions(disk, fs::perms(0555));
  step.spec.mounts.push_back({"/dev/shm", "bind", disk.native(), {"ro"}});
  runtime::Mount file{"/run/secrets/key", "file", "", {"ro", "mode=0400"}};
  file.content = "hush";
  step.spec.mounts.push_back(file);
  CHECK(step.shell("cat /run/secrets/key; ls -A /dev/shm").output == "hush");
}

TEST_CASE("a file is not mounted on a directory, nor the reverse",
          "[root][runtime][D270]") {
  BusyboxStep step(EVERY_EXECUTOR);
  runtime::Mount file{"/etc", "file", "", {}};
  file.content = "x";
  step.spec.mounts.push_back(file);
  CHECK_THROWS_MATCHES(
      step.shell("true"), base::Error,
      HasKind(ErrorKind::system,
              "sandbox: mount of a file on /etc: making the mount point: Is a "
              "directory"));
  step.spec.mounts.back() = {"/bin/busybox", "tmpfs", "tmpfs", {}};
  CHECK_THROWS_MATCHES(step.shell("true"), base::Error,
                       HasKind(ErrorKind::system,
                               "sandbox: mount of tmpfs on /bin/busybox: "
                               "making the mount point: Not a directory"));
}

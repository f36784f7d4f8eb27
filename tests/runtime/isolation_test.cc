// What a step can see of the machine.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

#include "busybox_step.h"

using tests::BusyboxStep;

TEST_CASE("the host name is fixed and our own stays", "[root][runtime][D315]") {
  BusyboxStep step(EVERY_EXECUTOR);
  std::array<char, 256> before{};
  std::array<char, 256> after{};
  ::gethostname(before.data(), before.size());
  CHECK(step.run({"hostname"}).output == "strakesandbox\n");
  ::gethostname(after.data(), after.size());
  CHECK(std::string(before.data()) == after.data());
}

TEST_CASE("dev holds the customary devices and links",
          "[root][runtime][D311]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.shell("cd /dev; rm -f core; echo *; stat -c '%n %a %t:%T' null "
                   "zero full "
                   "random urandom tty")
            .output ==
        "fd full mqueue null ptmx pts random shm stderr stdin stdout tty "
        "urandom zero\n"
        "null 666 1:3\nzero 666 1:5\nfull 666 1:7\nrandom 666 1:8\n"
        "urandom 666 1:9\ntty 666 5:0\n");
  CHECK(step.shell("readlink /dev/ptmx; readlink /dev/fd; echo x >/dev/null; "
                   "echo y >/dev/stderr; head -c 2 /dev/zero | wc -c")
            .output == "pts/ptmx\n/proc/self/fd\n2\n");
}

TEST_CASE("a device that was asked for is there, and opens",
          "[root][runtime][D311]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.linux.devices.push_back(
      {"/dev/deep/er/zero", 'c', 1, 5, 0640, 7, 8});
  CHECK(step.shell("stat -c '%a %u %g %t:%T' /dev/deep/er/zero; "
                   "head -c 2 /dev/deep/er/zero | wc -c")
            .output == "640 7 8 1:5\n2\n");
}

TEST_CASE("shared memory is a tmpfs of 64 MiB for everybody",
          "[root][runtime][D311]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.shell("stat -c %a /dev/shm; grep ' /dev/shm ' /proc/mounts")
            .output ==
        "1777\nshm /dev/shm tmpfs "
        "rw,nosuid,nodev,noexec,relatime,size=65536k 0 0\n");
}

TEST_CASE("masked paths are empty", "[root][runtime][D310]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK(step.shell(
                "wc -c </proc/keys; wc -c </proc/timer_list; "
                "ls /proc/acpi /proc/scsi /sys/firmware 2>/dev/null | "
                "grep -v : | grep .; head -c 1 /proc/kcore 2>/dev/null | wc -c")
            .output == "0\n0\n0\n");
}

TEST_CASE("a step cannot spoil the machine through what masks a path",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.shell("chmod 600 /proc/keys /proc/timer_list");
  struct stat status {};
  REQUIRE(::stat("/dev/null", &status) == 0);
  CHECK((status.st_mode & 0777) == 0666);
}

TEST_CASE("read-only paths cannot be written", "[root][runtime][D310]") {
  BusyboxStep step(EVERY_EXECUTOR);
  for (const char* path :
       {"/proc/sys/kernel/hostname", "/proc/irq/default_smp_affinity",
        "/proc/sys/vm/overcommit_memory", "/sys/kernel/uevent_seqnum"}) {
    CAPTURE(path);
    const tests::StepResult result = step.shell("echo x >" + std::string(path));
    CHECK(result.outcome.exit_code != 0);
    CHECK(result.error.find("ead-only file system") != std::string::npos);
  }
}

TEST_CASE("a network of its own has only the loopback, which works",
          "[root][runtime][D254][D301]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.linux.namespaces.push_back(runtime::Namespace::network);
  CHECK(step.shell("ls /sys/class/net; ip addr show lo | grep -o 'inet6* "
                   "[^ ]*'; ip link show lo | grep -o UP | head -n 1")
            .output == "lo\ninet 127.0.0.1/8\ninet6 ::1/128\nUP\n");
}

TEST_CASE("the host's network is shared when no other is asked for",
          "[root][runtime][D254]") {
  BusyboxStep step(EVERY_EXECUTOR);
  const std::string ours =
      tests::fs::read_symlink("/proc/self/ns/net").native();
  CHECK(step.run({"readlink", "/proc/self/ns/net"}).output == ours + "\n");
}

TEST_CASE("mount, pid, ipc, uts and cgroup namespaces are not ours",
          "[root][runtime][D301]") {
  BusyboxStep step(EVERY_EXECUTOR);
  for (const char* name : {"mnt", "pid", "ipc", "uts", "cgroup"}) {
    const std::string path = std::string("/proc/self/ns/") + name;
    CHECK(step.run({"readlink", path}).output !=
          tests::fs::read_symlink(path).native() + "\n");
  }
}

TEST_CASE("the host's mounts are not there", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  tests::write(step.temp.path() / "secret", "x");
  CHECK(step.shell("cat /proc/mounts | while read s t r; do echo $t; done | "
                   "sort")
            .output ==
        "/\n/dev\n/dev/mqueue\n/dev/pts\n/dev/shm\n/proc\n/proc/acpi\n"
        "/proc/bus\n/proc/fs\n/proc/irq\n/proc/keys\n/proc/sys\n"
        "/proc/timer_list\n/sys\n/sys/firmware\n");
  CHECK(step.run({"cat", (step.temp.path() / "secret").native()})
            .outcome.exit_code != 0);
}

TEST_CASE("a read-only root takes no writes, its mounts do",
          "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  step.spec.root_readonly = true;
  CHECK(step.shell("touch /etc/x").error.find("Read-only file system") !=
        std::string::npos);
  CHECK(step.shell("touch /dev/shm/x").outcome.succeeded());
  CHECK(step.changes().empty());
}

TEST_CASE("a step cannot mount or leave its root", "[root][runtime]") {
  BusyboxStep step(EVERY_EXECUTOR);
  CHECK_FALSE(step.shell("mount -t tmpfs none /tmp").outcome.succeeded());
  CHECK(step.shell("cd /; cd ../../..; ls -d bin").output == "bin\n");
}

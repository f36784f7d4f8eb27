// Where control groups are, read from what /proc says.
#include "runtime/cgroup_hierarchy.h"

#include <catch2/catch.hpp>

using runtime::CgroupHierarchy;
using runtime::parse_cgroup_hierarchies;

TEST_CASE("a controller's hierarchy and our place in it are found",
          "[runtime]") {
  const auto found = parse_cgroup_hierarchies(
      "4:memory:/user/a:b\n1:cpu,cpuacct:/\n9:name=systemd:/\n",
      "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 master:2 - cgroup "
      "cgroup rw,cpu,cpuacct\n"
      "35 31 0:32 / /sys/fs/cgroup/mem\\040ory rw - cgroup cgroup "
      "rw,memory\n");
  REQUIRE(found.size() == 2);
  CHECK(found[0].version == CgroupHierarchy::Version::v1);
  CHECK(found[0].controllers == std::vector<std::string>{"memory"});
  CHECK(found[0].mount_point == "/sys/fs/cgroup/mem ory");
  CHECK(found[0].own == "/sys/fs/cgroup/mem ory/user/a:b");
  CHECK(found[1].controllers == std::vector<std::string>{"cpu", "cpuacct"});
  CHECK(found[1].own == "/sys/fs/cgroup/cpu,cpuacct");
}

TEST_CASE("the unified hierarchy is told apart", "[runtime]") {
  const auto found = parse_cgroup_hierarchies(
      "0::/user.slice/session-3.scope\n",
      "26 20 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 "
      "rw,nsdelegate\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].version == CgroupHierarchy::Version::v2);
  CHECK(found[0].own == "/sys/fs/cgroup/user.slice/session-3.scope");
}

TEST_CASE("a mount that shows a part of the hierarchy is understood",
          "[runtime]") {
  const std::string mount =
      "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup "
      "rw,memory\n";
  const auto own = parse_cgroup_hierarchies("4:memory:/docker/abc\n", mount);
  REQUIRE(own.size() == 1);
  CHECK(own[0].own == "/sys/fs/cgroup/memory");
  const auto below =
      parse_cgroup_hierarchies("4:memory:/docker/abc/d\n", mount);
  REQUIRE(below.size() == 1);
  CHECK(below[0].own == "/sys/fs/cgroup/memory/d");
  // Our cgroup is not in what is mounted.
  CHECK(parse_cgroup_hierarchies("4:memory:/docker/abcd\n", mount).empty());
}

TEST_CASE("a hierarchy that is not mounted is none", "[runtime]") {
  CHECK(parse_cgroup_hierarchies("4:memory:/\n0::/\n", "").empty());
  CHECK(parse_cgroup_hierarchies("broken\n\n", "1 2 3 -\n").empty());
}

// What a limit is in the words of either version of control groups.
#include "runtime/cgroup_settings.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "runtime/cgroup_parent.h"

using runtime::Resources;

namespace {

// "memory: memory.max=1 memory.swap.max=2; pids: pids.max=3"
std::string render_v1(const Resources& limits) {
  std::string all;
  for (const auto& settings : runtime::plan_limits(limits)) {
    all +=
        fmt::format("{}{}:", all.empty() ? "" : "; ", settings.v1_controller);
    for (const auto& file : settings.v1) {
      all += fmt::format(" {}={}", file.file, file.value);
    }
  }
  return all;
}

std::string render_v2(const Resources& limits) {
  std::string all;
  for (const auto& settings : runtime::plan_limits(limits)) {
    all +=
        fmt::format("{}{}:", all.empty() ? "" : "; ", settings.v2_controller);
    for (const auto& file : settings.v2) {
      all += fmt::format(" {}={}", file.file, file.value);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("no limit needs no controller", "[runtime]") {
  CHECK(render_v1({}).empty());
  CHECK_FALSE(Resources().is_limited());
  Resources rules_alone;
  rules_alone.devices = {{false}};
  CHECK_FALSE(rules_alone.is_limited());
}

TEST_CASE("memory without a word on swap has as much again", "[runtime]") {
  Resources limits;
  limits.memory.limit = 64;
  CHECK(render_v1(limits) ==
        "memory: memory.limit_in_bytes=64 memory.memsw.limit_in_bytes=128");
  CHECK(render_v2(limits) == "memory: memory.max=64 memory.swap.max=64");
  CHECK_FALSE(runtime::plan_limits(limits).front().v1.back().is_required);
  limits.memory.swap = 64;
  CHECK(render_v2(limits) == "memory: memory.max=64 memory.swap.max=0");
  CHECK(runtime::plan_limits(limits).front().v1.back().is_required);
  limits.memory.swap = -1;
  CHECK(render_v1(limits) ==
        "memory: memory.limit_in_bytes=64 memory.memsw.limit_in_bytes=-1");
  CHECK(render_v2(limits) == "memory: memory.max=64 memory.swap.max=max");
}

TEST_CASE("processor time is quota, period and weight", "[runtime]") {
  Resources limits;
  limits.cpu.quota = 50'000;
  CHECK(render_v1(limits) ==
        "cpu: cpu.cfs_period_us=100000 cpu.cfs_quota_us=50000");
  CHECK(render_v2(limits) == "cpu: cpu.max=50000 100000");
  limits.cpu.quota.reset();
  limits.cpu.period = 20'000;
  limits.cpu.shares = 1024;
  CHECK(render_v1(limits) ==
        "cpu: cpu.shares=1024 cpu.cfs_period_us=20000 cpu.cfs_quota_us=-1");
  CHECK(render_v2(limits) == "cpu: cpu.weight=100 cpu.max=max 20000");
}

TEST_CASE("shares become weights with the ends and defaults at their places",
          "[runtime]") {
  CHECK(runtime::weight_of_shares(2) == 1);
  CHECK(runtime::weight_of_shares(1024) == 100);
  CHECK(runtime::weight_of_shares(262'144) == 10'000);
  CHECK(runtime::weight_of_shares(512) == 59);
  CHECK(runtime::weight_of_shares(0) == 1);
}

TEST_CASE("sets of processors, numbers of processes and I/O are told",
          "[runtime]") {
  Resources limits;
  limits.cpu.cpus = "0-1";
  limits.cpu.mems = "0";
  limits.pids = 20;
  limits.block_io.weight = 1000;
  limits.block_io.read_bps = {{8, 0, 1024}};
  limits.block_io.write_iops = {{8, 16, 7}};
  CHECK(render_v1(limits) ==
        "cpuset: cpuset.cpus=0-1 cpuset.mems=0; pids: pids.max=20; "
        "blkio: blkio.weight=1000 blkio.throttle.read_bps_device=8:0 1024 "
        "blkio.throttle.write_iops_device=8:16 7");
  CHECK(render_v2(limits) ==
        "cpuset: cpuset.cpus=0-1 cpuset.mems=0; pids: pids.max=20; "
        "io: io.weight=default 10000 io.max=8:0 rbps=1024 io.max=8:16 wiops=7");
  limits = {};
  limits.pids = -1;
  CHECK(render_v2(limits) == "pids: pids.max=max");
}

TEST_CASE("device rules are v1's lines", "[runtime]") {
  const auto settings = runtime::plan_device_rules(
      {{false}, {true, 'c', {}, {}, "m"}, {true, 'b', 8, 0, "r"}});
  REQUIRE(settings.v1.size() == 3);
  CHECK(settings.v1[0].file == "devices.deny");
  CHECK(settings.v1[0].value == "a");
  CHECK(settings.v1[1].file == "devices.allow");
  CHECK(settings.v1[1].value == "c *:* m");
  CHECK(settings.v1[2].value == "b 8:0 r");
  // A machine that has less to give gives less.
  CHECK(settings.v1[0].is_required);
  CHECK_FALSE(settings.v1[1].is_required);
}

TEST_CASE("lists of processors are read as the kernel reads them",
          "[runtime]") {
  using List = std::vector<unsigned>;
  CHECK(runtime::parse_cpu_list("0-2,5") == List{0, 1, 2, 5});
  CHECK(runtime::parse_cpu_list("3") == List{3});
  for (const char* wrong : {"", "-", "1-", "2-1", "1,", ",1", "a", "1 2",
                            "99999", "0-4294967295"}) {
    CAPTURE(wrong);
    CHECK_FALSE(runtime::parse_cpu_list(wrong));
  }
}

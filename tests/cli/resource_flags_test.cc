// Limits as docker's flags have them.
#include "cli/resource_flags.h"

#include <catch2/catch.hpp>

#include "base/error.h"

using Catch::Contains;

namespace {

runtime::Resources resources_of(const cli::Arguments& arguments) {
  cli::Options options("test", "", "");
  cli::ResourceFlags flags;
  flags.add_to(options);
  options.parse(arguments);
  return flags.read();
}

std::string error_of(const cli::Arguments& arguments) {
  try {
    resources_of(arguments);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "none";
}

}  // namespace

TEST_CASE("limits are read in docker's notation", "[cli]") {
  const auto all = resources_of({"-m", "64m", "--memory-swap=128m", "-c", "512",
                                 "--cpu-period", "20000", "--cpu-quota=10000",
                                 "--cpuset-cpus", "0,1", "--cpuset-mems", "0",
                                 "--pids-limit", "20", "--blkio-weight", "300",
                                 "--cgroup-parent", "/ci"});
  CHECK(all.memory.limit == 64 << 20);
  CHECK(all.memory.swap == 128 << 20);
  CHECK(all.cpu.shares == 512);
  CHECK(all.cpu.period == 20'000);
  CHECK(all.cpu.quota == 10'000);
  CHECK(all.cpu.cpus == "0,1");
  CHECK(all.cpu.mems == "0");
  CHECK(all.pids == 20);
  CHECK(all.block_io.weight == 300);
  CHECK(all.cgroup_parent == "/ci");
  CHECK(resources_of({"--cpus", "1.5"}).cpu.quota == 150'000);
  CHECK(resources_of({"--pids-limit", "-1"}).pids == -1);
}

TEST_CASE("docker's zeros limit nothing", "[cli]") {
  CHECK_FALSE(resources_of({"-m", "0", "--memory-swap", "0", "-c", "0",
                            "--cpus", "0", "--cpu-period", "0", "--cpu-quota",
                            "0", "--pids-limit", "0", "--blkio-weight", "0"})
                  .is_limited());
  CHECK_FALSE(resources_of({"--cpu-quota", "-1"}).is_limited());
}

TEST_CASE("limits that contradict each other are refused", "[cli]") {
  CHECK_THAT(error_of({"--cpus", "1", "--cpu-quota", "5000"}),
             Contains("--cpus and --cpu-quota"));
  CHECK_THAT(error_of({"--cpus", "1", "--cpu-period", "5000"}),
             Contains("--cpus and --cpu-period"));
  CHECK_THAT(error_of({"--memory-swap", "64m"}), Contains("without --memory"));
  CHECK_THAT(error_of({"-m", "64m", "--memory-swap", "63m"}),
             Contains("less than --memory 64m"));
  CHECK_THAT(error_of({"-m", "5m"}), Contains("at least 6m"));
}

TEST_CASE("limits out of the kernel's bounds are refused", "[cli]") {
  CHECK_THAT(error_of({"-c", "1"}), Contains("from 2 to 262144"));
  CHECK_THAT(error_of({"--cpu-period", "999"}), Contains("from 1000"));
  CHECK_THAT(error_of({"--cpu-quota", "999"}), Contains("from 1000"));
  CHECK_THAT(error_of({"--pids-limit", "-2"}), Contains("from -1"));
  CHECK_THAT(error_of({"--blkio-weight", "9"}), Contains("from 10 to 1000"));
  CHECK_THAT(error_of({"--cpuset-cpus", "0-"}), Contains("list of numbers"));
  CHECK_THAT(error_of({"--cpus", "1000000"}), Contains("--cpus 1000000"));
  CHECK_THAT(error_of({"--cpus", "nan"}), Contains("--cpus nan"));
  CHECK_THAT(error_of({"--device-read-bps", "/dev/null:1m"}),
             Contains("not a block device"));
  CHECK_THAT(error_of({"--device-write-iops", "/dev/sda"}),
             Contains("want DEVICE:RATE"));
}

#include "runtime/cgroup_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace runtime {
namespace {

std::string render(std::int64_t value) { return std::to_string(value); }

std::string render_or_max(std::int64_t value) {
  return value < 0 ? "max" : std::to_string(value);
}

// Swap that was not asked for is as much again as the memory, docker's default,
// where the kernel counts swap at all.
ControllerSettings plan_memory(const Resources::Memory& memory) {
  const std::int64_t limit = *memory.limit;
  const std::int64_t both = memory.swap.value_or(2 * limit);
  const bool is_required = memory.swap.value_or(-1) >= 0;
  const std::int64_t swap = both < 0 ? -1 : both - limit;
  return {"memory",
          "memory",
          {{"memory.limit_in_bytes", render(limit)},
           {"memory.memsw.limit_in_bytes", render(both), {}, {}, is_required}},
          {{"memory.max", render(limit)},
           {"memory.swap.max", render_or_max(swap), {}, {}, is_required}}};
}

// The period first: a quota is looked at beside it.
ControllerSettings plan_cpu(const Resources::Cpu& cpu) {
  ControllerSettings settings{"cpu", "cpu", {}, {}};
  const std::string period = std::to_string(cpu.period);
  if (cpu.shares) {
    settings.v1.push_back({"cpu.shares", std::to_string(*cpu.shares)});
    settings.v2.push_back(
        {"cpu.weight", std::to_string(weight_of_shares(*cpu.shares))});
  }
  const std::int64_t quota = cpu.quota.value_or(-1);
  if (cpu.quota || cpu.period != Resources::Cpu().period) {
    settings.v1.push_back({"cpu.cfs_period_us", period});
    settings.v1.push_back({"cpu.cfs_quota_us", render(quota)});
    settings.v2.push_back(
        {"cpu.max", fmt::format("{} {}", render_or_max(quota), period)});
  }
  return settings;
}

ControllerSettings plan_cpuset(const Resources::Cpu& cpu) {
  std::vector<CgroupSetting> files;
  if (!cpu.cpus.empty()) files.push_back({"cpuset.cpus", cpu.cpus});
  if (!cpu.mems.empty()) files.push_back({"cpuset.mems", cpu.mems});
  return {"cpuset", "cpuset", files, files};
}

ControllerSettings plan_pids(std::int64_t pids) {
  const std::vector<CgroupSetting> files = {{"pids.max", render_or_max(pids)}};
  return {"pids", "pids", files, files};
}

void add_throttles(const std::vector<Resources::Throttle>& throttles,
                   const char* v1_file, const char* v2_key,
                   ControllerSettings& settings) {
  for (const Resources::Throttle& throttle : throttles) {
    const std::string device =
        fmt::format("{}:{}", throttle.major, throttle.minor);
    settings.v1.push_back(
        {v1_file, fmt::format("{} {}", device, throttle.rate)});
    settings.v2.push_back(
        {"io.max", fmt::format("{} {}={}", device, v2_key, throttle.rate)});
  }
}

// 10 to 1000 of v1, on v2's 1 to 10000. BFQ kept v1's numbers.
std::string render_io_weight(std::uint16_t weight) {
  constexpr unsigned kMin = 10;
  constexpr unsigned kMax = 1000;
  return fmt::format("default {}", 1 + (weight - kMin) * 9999 / (kMax - kMin));
}

ControllerSettings plan_block_io(const Resources::BlockIo& io) {
  ControllerSettings settings{"blkio", "io", {}, {}};
  if (io.weight) {
    const std::string weight = std::to_string(*io.weight);
    settings.v1.push_back({"blkio.weight", weight, "blkio.bfq.weight", weight});
    settings.v2.push_back(
        {"io.weight", render_io_weight(*io.weight), "io.bfq.weight", weight});
  }
  add_throttles(io.read_bps, "blkio.throttle.read_bps_device", "rbps",
                settings);
  add_throttles(io.write_bps, "blkio.throttle.write_bps_device", "wbps",
                settings);
  add_throttles(io.read_iops, "blkio.throttle.read_iops_device", "riops",
                settings);
  add_throttles(io.write_iops, "blkio.throttle.write_iops_device", "wiops",
                settings);
  return settings;
}

std::string render_number(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "*";
}

}  // namespace

std::vector<ControllerSettings> plan_limits(const Resources& resources) {
  std::vector<ControllerSettings> all;
  if (resources.memory.limit) all.push_back(plan_memory(resources.memory));
  all.push_back(plan_cpu(resources.cpu));
  all.push_back(plan_cpuset(resources.cpu));
  if (resources.pids) all.push_back(plan_pids(*resources.pids));
  all.push_back(plan_block_io(resources.block_io));
  std::erase_if(all, [](const auto& settings) { return settings.v1.empty(); });
  return all;
}

// What may not be allowed is not ours to give: the group above forbids it.
ControllerSettings plan_device_rules(const std::vector<DeviceRule>& rules) {
  ControllerSettings settings{"devices", "", {}, {}};
  for (const DeviceRule& rule : rules) {
    const std::string file = rule.allow ? "devices.allow" : "devices.deny";
    settings.v1.push_back(
        {file,
         rule.type == 'a'
             ? "a"
             : fmt::format("{} {}:{} {}", rule.type, render_number(rule.major),
                           render_number(rule.minor), rule.access),
         {},
         {},
         !rule.allow});
  }
  return settings;
}

std::uint64_t weight_of_shares(std::uint64_t shares) {
  constexpr std::uint64_t kMinShares = 2;
  constexpr std::uint64_t kMaxShares = 262'144;
  constexpr double kRounding = 1e-6;  // of what should be whole
  const double log = std::log2(
      static_cast<double>(std::clamp(shares, kMinShares, kMaxShares)));
  const double exponent = (log * log + 125 * log - 126) / 612;
  return static_cast<std::uint64_t>(
      std::ceil(std::pow(10, exponent) - kRounding));
}

}  // namespace runtime

#include "cli/resource_flags.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <thread>

#include "base/error.h"
#include "cli/limit_flags.h"
#include "cli/report.h"
#include "runtime/cgroup_parent.h"

namespace cli {
namespace {

using Text = std::optional<std::string>;
using Throttles = std::vector<runtime::Resources::Throttle>;

// Docker's: below it, the kernel's own share leaves nothing for the command.
constexpr std::int64_t kMinMemoryBytes = 6 << 20;
constexpr double kMinCpus = 0.01;
// The kernel's.
constexpr std::int64_t kMinShares = 2;
constexpr std::int64_t kMaxShares = 262'144;
constexpr std::int64_t kMinPeriodUs = 1000;
constexpr std::int64_t kMaxPeriodUs = 1'000'000;
constexpr std::int64_t kMinQuotaUs = 1000;
constexpr std::int64_t kMinWeight = 10;
constexpr std::int64_t kMaxWeight = 1000;
constexpr std::int64_t kMaxNumber = std::numeric_limits<std::int64_t>::max();

// A whole number within bounds; nothing for 0.
std::optional<std::int64_t> read_number(std::string_view flag, const Text& text,
                                        std::int64_t least, std::int64_t most) {
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  const bool is_number = error == std::errc() && stop == end;
  if (is_number && number == 0) return std::nullopt;
  if (is_number && number >= least && number <= most) return number;
  throw usage_error(
      most == kMaxNumber
          ? fmt::format("{} {}: want a number from {}", flag, *text, least)
          : fmt::format("{} {}: want a number from {} to {}", flag, *text,
                        least, most));
}

std::string read_list(std::string_view flag, const Text& text) {
  if (!text || text->empty()) return {};
  if (!runtime::parse_cpu_list(*text)) {
    throw usage_error(fmt::format("{} {}: want a list of numbers", flag, *text),
                      "write it as in 0-2,5");
  }
  return *text;
}

// -1, or processes; docker takes 0 for any number, too.
std::optional<std::int64_t> read_pids(const Text& text) {
  return read_number("--pids-limit", text, -1, kMaxNumber);
}

std::uint64_t read_rate(std::string_view flag, const std::string& word,
                        const std::string& text, bool is_bytes) {
  if (is_bytes) return static_cast<std::uint64_t>(parse_bytes(flag, text));
  std::uint64_t rate = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, rate);
  if (error == std::errc() && stop == end) return rate;
  throw usage_error(
      fmt::format("{} {}: \"{}\" is no number", flag, word, text));
}

enum class Rate { bytes, operations };

// PATH:RATE, of a device of this machine.
Throttles read_throttles(std::string_view flag,
                         const std::vector<std::string>& words, Rate rate) {
  Throttles throttles;
  for (const std::string& word : words) {
    const std::size_t colon = word.rfind(':');
    const std::string path = word.substr(0, colon);
    if (colon == word.npos || !path.starts_with('/')) {
      throw usage_error(fmt::format("{} {}: want DEVICE:RATE", flag, word),
                        rate == Rate::bytes ? "write it as in /dev/sda:10m"
                                            : "write it as in /dev/sda:1000");
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) {
      throw base::Error(
          base::ErrorKind::not_found,
          fmt::format("{} {}: {} is not a block device of this machine", flag,
                      word, path));
    }
    const std::uint64_t value =
        read_rate(flag, word, word.substr(colon + 1), rate == Rate::bytes);
    if (value == 0) {
      throw usage_error(
          fmt::format("{} {}: the rate has to be above 0", flag, word));
    }
    throttles.push_back(
        {::major(status.st_rdev), ::minor(status.st_rdev), value});
  }
  return throttles;
}

}  // namespace

void ResourceFlags::add_to(Options& options) {
  options.value("-m,--memory", memory_, "Memory it may use at most, 512m");
  options.value("--memory-swap", memory_swap_,
                "Memory and swap together; -1: any");
  options.value("--cpus", cpus_, "Processors it may use at most, 1.5");
  options.value("-c,--cpu-shares", shares_,
                "Weight beside others, 2 to 262144; without: 1024");
  options.value("--cpu-period", period_, "Microseconds that --cpu-quota is of");
  options.value("--cpu-quota", quota_, "Microseconds of each period");
  options.value("--cpuset-cpus", cpuset_cpus_, "Which processors, 0-2,5");
  options.value("--cpuset-mems", cpuset_mems_, "Which memory nodes, 0-1");
  options.value("--pids-limit", pids_, "How many processes; -1: any number");
  options.value("--blkio-weight", io_weight_,
                "Weight of its block I/O beside others, 10 to 1000");
  options.list("--device-read-bps", read_bps_,
               "Bytes read of a device in a second, /dev/sda:10m");
  options.list("--device-write-bps", write_bps_,
               "Bytes written to a device in a second");
  options.list("--device-read-iops", read_iops_,
               "Reads of a device in a second, /dev/sda:1000");
  options.list("--device-write-iops", write_iops_,
               "Writes to a device in a second");
  options.value("--cgroup-parent", cgroup_parent_,
                "The control group that its own is made in");
}

runtime::Resources ResourceFlags::read() const {
  runtime::Resources resources;
  resources.memory = read_memory();
  resources.cpu = read_cpu();
  resources.pids = read_pids(pids_);
  resources.block_io = read_block_io();
  resources.cgroup_parent = cgroup_parent_.value_or("");
  return resources;
}

runtime::Resources::Memory ResourceFlags::read_memory() const {
  runtime::Resources::Memory memory;
  if (memory_) {
    const std::int64_t limit = parse_bytes("--memory", *memory_);
    if (limit > 0) memory.limit = limit;
  }
  if (memory.limit && *memory.limit < kMinMemoryBytes) {
    throw usage_error(
        fmt::format("--memory {}: at least 6m are wanted", *memory_));
  }
  if (!memory_swap_ || *memory_swap_ == "0") return memory;
  if (!memory.limit) {
    throw usage_error("--memory-swap limits nothing without --memory",
                      "it is the sum of memory and swap");
  }
  memory.swap =
      *memory_swap_ == "-1" ? -1 : parse_bytes("--memory-swap", *memory_swap_);
  if (*memory.swap >= 0 && *memory.swap < *memory.limit) {
    throw usage_error(fmt::format("--memory-swap {}: less than --memory {}",
                                  *memory_swap_, *memory_),
                      "it is the sum of memory and swap; equal means no swap");
  }
  return memory;
}

runtime::Resources::Cpu ResourceFlags::read_cpu() const {
  runtime::Resources::Cpu cpu;
  cpu.shares = read_number("--cpu-shares", shares_, kMinShares, kMaxShares);
  cpu.cpus = read_list("--cpuset-cpus", cpuset_cpus_);
  cpu.mems = read_list("--cpuset-mems", cpuset_mems_);
  const auto period =
      read_number("--cpu-period", period_, kMinPeriodUs, kMaxPeriodUs);
  if (period) cpu.period = static_cast<std::uint64_t>(*period);
  if (quota_ != "-1") {
    cpu.quota = read_number("--cpu-quota", quota_, kMinQuotaUs, kMaxNumber);
  }
  if (!cpus_) return cpu;
  double cpus = 0;
  const char* const end = cpus_->data() + cpus_->size();
  const auto [stop, error] = std::from_chars(cpus_->data(), end, cpus);
  const unsigned most = std::thread::hardware_concurrency();
  if (error != std::errc() || stop != end ||
      (cpus != 0 && !(cpus >= kMinCpus)) || cpus > most) {
    throw usage_error(fmt::format("--cpus {}: want a number from {:.2f} to {}",
                                  *cpus_, kMinCpus, most));
  }
  if (cpus == 0) return cpu;
  if (period || cpu.quota) {
    throw usage_error(
        fmt::format("--cpus and {} say the same thing differently",
                    period ? "--cpu-period" : "--cpu-quota"),
        "--cpus 1.5 is --cpu-period 100000 --cpu-quota 150000");
  }
  cpu.quota = std::llround(cpus * static_cast<double>(cpu.period));
  return cpu;
}

runtime::Resources::BlockIo ResourceFlags::read_block_io() const {
  runtime::Resources::BlockIo io;
  if (const auto weight =
          read_number("--blkio-weight", io_weight_, kMinWeight, kMaxWeight)) {
    io.weight = static_cast<std::uint16_t>(*weight);
  }
  io.read_bps = read_throttles("--device-read-bps", read_bps_, Rate::bytes);
  io.write_bps = read_throttles("--device-write-bps", write_bps_, Rate::bytes);
  io.read_iops =
      read_throttles("--device-read-iops", read_iops_, Rate::operations);
  io.write_iops =
      read_throttles("--device-write-iops", write_iops_, Rate::operations);
  return io;
}

}  // namespace cli

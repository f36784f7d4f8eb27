#include "cli/run_flags.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <thread>

#include "base/error.h"
#include "cli/raw_terminal.h"
#include "parser/syntax_error.h"
#include "parser/values.h"
#include "runtime/terminal_relay.h"

namespace cli {
namespace {

// Docker's: below it, the kernel's own share leaves nothing for the command.
constexpr std::int64_t kMinMemoryBytes = 6 << 20;
constexpr double kMinCpus = 0.01;

base::Error usage(std::string text, std::string hint = {}) {
  return base::Error(base::ErrorKind::usage, std::move(text))
      .hint(std::move(hint));
}

std::int64_t parse_bytes(std::string_view flag, const std::string& text) {
  constexpr auto kMax =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 2);
  std::uint64_t bytes = 0;
  try {
    bytes = parser::parse_size(text);
  } catch (const parser::SyntaxError& error) {
    throw usage(fmt::format("{} {}: {}", flag, text, error.what()),
                "write it as in 512m or 1.5g");
  }
  if (bytes > kMax) {
    throw usage(fmt::format("{} {}: that is more than there is", flag, text));
  }
  return static_cast<std::int64_t>(bytes);
}

// HOST:CONTAINER[:ro|rw], both absolute.
builder::Volume parse_volume(const std::string& word) {
  const std::size_t first = word.find(':');
  if (first == std::string::npos) {
    throw usage(fmt::format("-v {}: want HOST:CONTAINER[:ro]", word));
  }
  const std::size_t second = word.find(':', first + 1);
  builder::Volume volume;
  volume.source = std::filesystem::absolute(word.substr(0, first));
  volume.target = word.substr(first + 1, second - first - 1);
  if (second != std::string::npos) {
    const std::string mode = word.substr(second + 1);
    if (mode != "ro" && mode != "rw") {
      throw usage(
          fmt::format("-v {}: \"{}\" is neither ro nor rw", word, mode));
    }
    volume.is_read_only = mode == "ro";
  }
  if (!volume.target.starts_with('/') || volume.target == "/") {
    throw usage(fmt::format("-v {}: \"{}\" is not an absolute path below \"/\"",
                            word, volume.target));
  }
  if (!std::filesystem::exists(volume.source)) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("-v {}: {} does not exist", word, volume.source.native()));
  }
  return volume;
}

builder::NetworkMode parse_network(const std::string& mode) {
  if (mode == "default") return builder::NetworkMode::standard;
  if (mode == "none") return builder::NetworkMode::none;
  if (mode == "host") return builder::NetworkMode::host;
  throw usage(fmt::format("unknown network mode \"{}\"", mode),
              "it is one of default, none, host");
}

// Of "NAME" alone our own value, if we have one.
std::optional<std::string> parse_variable(const std::string& word) {
  if (word.find('=') != std::string::npos) return word;
  const char* own = std::getenv(word.c_str());
  if (own == nullptr) return std::nullopt;
  return fmt::format("{}={}", word, own);
}

}  // namespace

void RunFlags::add_to(Options& options) {
  options.flag("--rm", is_removed_, "Accepted: nothing is ever kept");
  options.flag("-i,--interactive", is_interactive_, "Give it our stdin");
  options.flag("-t,--tty", has_terminal_, "Give it a terminal");
  options.list("-e,--env", env_, "Environment, K=V or K to pass on");
  options.value("-w,--workdir", working_dir_, "Directory to start in");
  options.value("-u,--user", user_, "User, NAME|UID[:GROUP|GID]");
  options.list("-v,--volume", volumes_, "Bind mount, HOST:CONTAINER[:ro]");
  options.value("--entrypoint", entrypoint_, "In place of the image's");
  options.value("--network", network_, "default, none or host");
  options.value("-m,--memory", memory_, "Memory it may use at most, 512m");
  options.value("--memory-swap", memory_swap_,
                "Memory and swap together; -1: any");
  options.value("--cpus", cpus_, "Processors it may use at most, 1.5");
  options.not_yet(
      "--cap-add --cap-drop --commit --detach -d --device --dns --gpus --init "
      "--ipc --label -l --mount --name --pid --pids-limit --platform "
      "--privileged --publish -p --pull --read-only --restart --security-opt "
      "--shm-size --ulimit --volumes-from");
}

builder::RunOptions RunFlags::read() const {
  builder::RunOptions run;
  run.entrypoint = entrypoint_;
  run.working_dir = working_dir_;
  run.user = user_;
  run.is_interactive = is_interactive_;
  for (const std::string& word : env_) {
    if (auto variable = parse_variable(word)) run.env.push_back(*variable);
  }
  for (const std::string& word : volumes_) {
    run.volumes.push_back(parse_volume(word));
  }
  run.network = parse_network(network_.value_or("default"));
  run.limits = read_limits();
  if (has_terminal_) run.terminal = read_terminal();
  return run;
}

runtime::Resources RunFlags::read_limits() const {
  runtime::Resources limits;
  limits.memory = read_memory();
  if (cpus_) limits.cpu = read_cpus();
  return limits;
}

runtime::Resources::Memory RunFlags::read_memory() const {
  runtime::Resources::Memory memory;
  if (memory_) memory.limit = parse_bytes("--memory", *memory_);
  if (memory.limit && *memory.limit < kMinMemoryBytes) {
    throw usage(fmt::format("--memory {}: at least 6m are wanted", *memory_));
  }
  if (!memory_swap_) return memory;
  if (!memory.limit) {
    throw usage("--memory-swap limits nothing without --memory",
                "it is the sum of memory and swap");
  }
  memory.swap =
      *memory_swap_ == "-1" ? -1 : parse_bytes("--memory-swap", *memory_swap_);
  if (*memory.swap >= 0 && *memory.swap < *memory.limit) {
    throw usage(fmt::format("--memory-swap {}: less than --memory {}",
                            *memory_swap_, *memory_),
                "it is the sum of memory and swap; equal means no swap");
  }
  return memory;
}

runtime::Resources::Cpu RunFlags::read_cpus() const {
  double cpus = 0;
  const char* end = cpus_->data() + cpus_->size();
  const auto [stop, error] = std::from_chars(cpus_->data(), end, cpus);
  const unsigned most = std::thread::hardware_concurrency();
  if (error != std::errc() || stop != end || !(cpus >= kMinCpus) ||
      cpus > most) {
    throw usage(fmt::format("--cpus {}: want a number from {:.2f} to {}",
                            *cpus_, kMinCpus, most));
  }
  runtime::Resources::Cpu cpu;
  cpu.quota = std::llround(cpus * static_cast<double>(cpu.period));
  return cpu;
}

builder::RunTerminal RunFlags::read_terminal() const {
  if (is_interactive_ && !is_input_terminal()) {
    throw usage("-i -t: the input is not a terminal",
                "leave -t out to let the command read from a file or a pipe");
  }
  const char* type = std::getenv("TERM");
  return {type == nullptr || *type == '\0' ? "xterm" : type,
          runtime::find_terminal_size().value_or(runtime::ConsoleSize())};
}

}  // namespace cli

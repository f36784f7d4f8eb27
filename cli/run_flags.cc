#include "cli/run_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "cli/host_flag.h"
#include "cli/image_name.h"
#include "cli/limit_flags.h"
#include "cli/network_flag.h"
#include "cli/raw_terminal.h"
#include "cli/report.h"

namespace cli {
namespace {

// HOST:CONTAINER[:ro|rw]; HOST may be relative to our directory.
runtime::Mount parse_volume(const std::string& word) {
  const std::size_t first = word.find(':');
  if (first == std::string::npos) {
    throw usage_error(fmt::format("-v {}: want HOST:CONTAINER[:ro]", word));
  }
  const std::size_t second = word.find(':', first + 1);
  const std::filesystem::path source =
      std::filesystem::absolute(word.substr(0, first));
  runtime::Mount volume{word.substr(first + 1, second - first - 1),
                        "bind",
                        source.native(),
                        {"rbind"}};
  if (second != std::string::npos) {
    const std::string mode = word.substr(second + 1);
    if (mode != "ro" && mode != "rw") {
      throw usage_error(
          fmt::format("-v {}: \"{}\" is neither ro nor rw", word, mode));
    }
    if (mode == "ro") volume.options.emplace_back("ro");
  }
  if (!volume.destination.starts_with('/') || volume.destination == "/") {
    throw usage_error(
        fmt::format("-v {}: \"{}\" is not an absolute path below \"/\"", word,
                    volume.destination));
  }
  if (!std::filesystem::exists(source)) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("-v {}: {} does not exist", word, source.native()));
  }
  return volume;
}

// PATH[:OPTION,...], with docker's options unless others are given.
runtime::Mount parse_tmpfs(const std::string& word) {
  const std::size_t colon = std::min(word.find(':'), word.size());
  runtime::Mount mount{word.substr(0, colon), "tmpfs", "tmpfs", {}};
  if (!mount.destination.starts_with('/') || mount.destination == "/") {
    throw usage_error(
        fmt::format("--tmpfs {}: want PATH[:OPTION,...], an absolute "
                    "path below \"/\"",
                    word));
  }
  std::istringstream list(word.substr(std::min(colon + 1, word.size())));
  for (std::string option; std::getline(list, option, ',');) {
    mount.options.push_back(option);
  }
  const std::vector<std::string> given = mount.options;
  const auto is_given = [&](std::string_view start) {
    return std::any_of(given.begin(), given.end(), [&](const auto& option) {
      return option.starts_with(start);
    });
  };
  for (const char* option : {"exec", "suid", "dev"}) {
    if (!is_given(option)) mount.options.push_back(fmt::format("no{}", option));
  }
  if (!is_given("mode=")) mount.options.emplace_back("mode=1777");
  return mount;
}

bool is_hostname(std::string_view name) {
  constexpr std::size_t kMaxBytes = 64;  // the kernel's
  return !name.empty() && name.size() <= kMaxBytes &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
         });
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
  resources_.add_to(options);
  options.flag("--read-only", is_read_only_, "Its root cannot be written to");
  options.list("--tmpfs", tmpfs_, "Memory for files, PATH[:size=64m,...]");
  options.value("--name", name_, "A name no other run has; its host name");
  options.value("--hostname", hostname_, "Host name");
  dns_.add_to(options);
  options.list("--add-host", extra_hosts_, "Line of /etc/hosts, NAME:ADDRESS");
  options.value("--shm-size", shm_size_, "Size of /dev/shm, 64m");
  options.value("--runtime", runtime_,
                "By what it is run: native, runc, crun or a path");
  options.list("--ulimit", ulimits_, "Limit of a process, NAME=SOFT[:HARD]");
  security_.add_to(options);
  options.list("--env-file", env_files_, "Lines of K=V or K, # for comments");
  options.value("--commit", commit_,
                "Make an image of what it left, NAME[:TAG]");
  options.not_yet(
      "--detach -d --device --gpus --init "
      "--ipc --label -l --mount --pid --platform "
      "--privileged --publish -p --pull --restart "
      "--volumes-from");
}

builder::ContainerOptions RunFlags::read() const {
  builder::ContainerOptions run;
  run.entrypoint = entrypoint_;
  run.working_dir = working_dir_;
  run.user = user_;
  run.is_interactive = is_interactive_;
  run.env = read_env();
  run.name = name_;
  run.hostname = hostname_;
  if (hostname_ && !is_hostname(*hostname_)) {
    throw usage_error(
        fmt::format("--hostname {}: not a host name", *hostname_));
  }
  run.is_read_only = is_read_only_;
  run.settings.dns = dns_.read();
  for (const std::string& word : extra_hosts_) {
    run.settings.extra_hosts.push_back(parse_host(word));
  }
  if (shm_size_) run.settings.shm_bytes = read_shm_size(*shm_size_);
  for (const std::string& word : ulimits_) {
    add_ulimit(word, run.settings.rlimits);
  }
  run.settings.security = security_.read();
  for (const std::string& word : tmpfs_) {
    run.mounts.push_back(parse_tmpfs(word));
  }
  for (const std::string& word : volumes_) {
    run.mounts.push_back(parse_volume(word));
  }
  run.network = read_network(network_.value_or("default"));
  run.settings.limits = resources_.read();
  if (has_terminal_) run.terminal = read_terminal();
  return run;
}

// Files first: what stands on the command line has the last word.
std::vector<std::string> RunFlags::read_env() const {
  std::vector<std::string> env;
  for (const std::string& file : env_files_) {
    std::istringstream lines(base::read_file(file));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (line.ends_with('\r')) line.pop_back();
      line.erase(0, line.find_first_not_of(" \t"));
      if (line.empty() || line.front() == '#') continue;
      const std::string name = line.substr(0, line.find('='));
      if (name.empty() || name.find_first_of(" \t") != name.npos) {
        throw usage_error(
            fmt::format("--env-file {}:{}: \"{}\" cannot be the name "
                        "of a variable",
                        file, number, name));
      }
      if (auto variable = parse_variable(line)) env.push_back(*variable);
    }
  }
  for (const std::string& word : env_) {
    if (auto variable = parse_variable(word)) env.push_back(*variable);
  }
  return env;
}

std::optional<std::string> RunFlags::read_commit() const {
  if (!commit_) return std::nullopt;
  return read_image_name("--commit", *commit_);
}

builder::ContainerTerminal RunFlags::read_terminal() const {
  if (is_interactive_ && !is_input_terminal()) {
    throw usage_error(
        "-i -t: the input is not a terminal",
        "leave -t out to let the command read from a file or a pipe");
  }
  return describe_terminal();
}

}  // namespace cli

// strake run: one command in an image, in the foreground, to try it.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "builder/run_image.h"
#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/interrupt.h"
#include "cli/raw_terminal.h"
#include "cli/report.h"
#include "runtime/native_executor.h"
#include "runtime/terminal_relay.h"

namespace cli {
namespace {

// What docker gives when it failed itself and the command never ran: strake's
// own codes could be the command's.
constexpr int kNotRun = 125;

base::Error usage(std::string text, std::string hint = {}) {
  return base::Error(base::ErrorKind::usage, std::move(text))
      .hint(std::move(hint));
}

// "HOST:CONTAINER[:ro]", both absolute.
builder::Volume read_volume(const std::string& word) {
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

builder::NetworkMode read_network(const std::optional<std::string>& mode) {
  const std::string text = mode.value_or("default");
  if (text == "default") return builder::NetworkMode::standard;
  if (text == "none") return builder::NetworkMode::none;
  if (text == "host") return builder::NetworkMode::host;
  throw usage(fmt::format("unknown network mode \"{}\"", text),
              "it is one of default, none, host");
}

builder::RunTerminal make_terminal(bool is_interactive) {
  if (is_interactive && !is_input_terminal()) {
    throw usage("-i -t: the input is not a terminal",
                "leave -t out to let the command read from a file or a pipe");
  }
  // Whoever reads our output may be gone: a hang-up, not our end.
  std::signal(SIGPIPE, SIG_IGN);
  const char* type = std::getenv("TERM");
  return {type == nullptr || *type == '\0' ? "xterm" : type,
          runtime::find_terminal_size().value_or(runtime::ConsoleSize())};
}

int run_in_image(Globals& globals, const Arguments& arguments) {
  bool is_removed = false;
  bool has_terminal = false;
  std::vector<std::string> env, volumes, command;
  std::optional<std::string> network;
  builder::RunOptions run;
  Options options("run [flags] IMAGE [COMMAND...]",
                  "Runs a command in an image and removes what it wrote.",
                  "strake run --rm -e NAME=world hello");
  options.flag("--rm", is_removed, "Accepted: nothing is ever kept");
  options.flag("-i,--interactive", run.is_interactive, "Give it our stdin");
  options.flag("-t,--tty", has_terminal, "Give it a terminal");
  options.list("-e,--env", env, "Environment, K=V or K to pass on");
  options.value("-w,--workdir", run.working_dir, "Directory to start in");
  options.value("-u,--user", run.user, "User, NAME|UID[:GROUP|GID]");
  options.list("-v,--volume", volumes, "Bind mount, HOST:CONTAINER[:ro]");
  options.value("--entrypoint", run.entrypoint, "In place of the image's");
  options.value("--network", network, "default, none or host");
  options.not_yet(
      "--cap-add --cap-drop --commit --cpus --detach -d --device --dns "
      "--gpus --init --ipc --label -l --memory -m --mount --name --pid "
      "--pids-limit --platform --privileged --publish -p --pull --read-only "
      "--restart --security-opt --shm-size --ulimit --volumes-from");
  options.rest("IMAGE [COMMAND...]", command,
               "The image, and what to run in place of its CMD");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  if (command.empty()) throw usage("run wants an image", "see --help");

  for (const std::string& word : volumes) {
    run.volumes.push_back(read_volume(word));
  }
  for (std::string& word : env) {
    if (word.find('=') == std::string::npos) {
      const char* own = std::getenv(word.c_str());
      if (own == nullptr) continue;
      word += fmt::format("={}", own);
    }
    run.env.push_back(word);
  }
  run.network = read_network(network);
  if (has_terminal) run.terminal = make_terminal(run.is_interactive);
  run.arguments.assign(command.begin() + 1, command.end());

  store::Store store(globals.store_root());
  const store::Image image = require_image(store, command.front()).image;
  runtime::NativeExecutor executor;
  const CommandSignals signals;
  run.signals = &signals.file();
  // Our terminal only carries what is typed to the command's.
  std::optional<RawTerminal> raw;
  if (run.terminal && run.is_interactive) raw.emplace();
  return builder::run_image(store, executor, image.id, run).exit_code;
}

}  // namespace

int run_run_command(Globals& globals, const Arguments& arguments) {
  try {
    return run_in_image(globals, arguments);
  } catch (const base::Error& error) {
    report(error);
    return error.exit_code().value_or(kNotRun);
  }
}

}  // namespace cli

// A container for `strake run`: an image's file system and configuration, one
// process, nothing kept.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "builder/operation.h"
#include "runtime/executor.h"
#include "store/store.h"

namespace builder {

struct Volume {
  std::filesystem::path source;
  std::string target;
  bool is_read_only = false;
};

// What a command with a terminal of its own gets besides.
struct RunTerminal {
  std::string type;  // TERM, unless the image or `env` sets it
  runtime::ConsoleSize size;
};

// What replaces or adds to the image's configuration.
struct RunOptions {
  std::vector<std::string> arguments;     // in place of Cmd
  std::optional<std::string> entrypoint;  // in place of Entrypoint, and no Cmd
  std::vector<std::string> env;
  std::optional<std::string> working_dir;
  std::optional<std::string> user;
  std::vector<Volume> volumes;
  NetworkMode network = NetworkMode::standard;
  runtime::Resources limits;
  bool is_interactive = false;  // the command gets our standard input
  std::optional<RunTerminal> terminal;
  const base::Fd* signals = nullptr;  // runtime::Streams::signals
};

// Throws: usage when there is nothing to run; as runtime::Executor::run.
runtime::Outcome run_image(store::Store& store, runtime::Executor& executor,
                           const base::Digest& image,
                           const RunOptions& options);

}  // namespace builder

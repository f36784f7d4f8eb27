// A container of `strake run`: an image's file system and configuration with
// one process in it. What it wrote is gone with it unless it is committed.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "builder/container_name.h"
#include "builder/operation.h"
#include "builder/step_networks.h"
#include "builder/system_files.h"
#include "runtime/executor.h"
#include "store/store.h"

namespace builder {

// What a command with a terminal of its own gets besides.
struct ContainerTerminal {
  std::string type;  // TERM, unless the image or `env` sets it
  runtime::ConsoleSize size;
};

// What replaces or adds to the image's configuration.
struct ContainerOptions {
  std::vector<std::string> arguments;     // in place of Cmd
  std::optional<std::string> entrypoint;  // in place of Entrypoint, and no Cmd
  std::vector<std::string> env;
  std::optional<std::string> working_dir;
  std::optional<std::string> user;
  std::optional<std::string> name;      // no two that run have the same
  std::optional<std::string> hostname;  // else `name`, else the sandbox's
  RunSettings settings;                 // but for the host name
  std::vector<runtime::Mount> mounts;   // in any order: outer ones go first
  NetworkMode network = NetworkMode::standard;
  bool is_read_only = false;  // the root; not what is mounted in it
  runtime::RootForm root_form = runtime::RootForm::overlay;
  bool is_interactive = false;  // the command gets our standard input
  std::optional<ContainerTerminal> terminal;
  // Told, on another thread, why there is no network but the loopback.
  std::function<void(std::string_view)> warn;
};

class Container {
 public:
  // Throws: usage when there is nothing to run; not_found for a user that the
  // image lacks; invalid_input when the name is taken.
  Container(store::Store& store, const base::Digest& image,
            const ContainerOptions& options);

  // Runs the command to its end; `signals` as runtime::Streams has it, or null.
  // Throws: as runtime::Executor::run.
  runtime::Outcome run(runtime::Executor& executor, const base::Fd* signals);

  // Makes an image of what the command, which has ended, left: its changes as a
  // layer on the image's, the configuration kept. Throws: cancelled, system.
  base::Digest commit(const std::string& reference, std::stop_token stop);

 private:
  store::Store& store_;
  store::ImageConfig image_;
  std::optional<ContainerName> name_;
  store::Lease lease_;
  StepNetworks networks_;
  StepNetworks::Opened network_;
  runtime::Spec spec_;
  runtime::Root root_;
  runtime::Streams streams_;
};

}  // namespace builder

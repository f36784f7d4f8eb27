// strake run: one command in an image, in the foreground.
//
// We stand in for the command: its exit code is ours, signals to us are for it,
// and with -i -t our terminal only carries what is typed to its own.
#include <fmt/format.h>

#include <csignal>
#include <iostream>
#include <optional>

#include "base/error.h"
#include "builder/container.h"
#include "builder/memory_shortage.h"
#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/interrupt.h"
#include "cli/raw_terminal.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/run_flags.h"
#include "cli/runtime_flag.h"
#include "cli/security_flags.h"

namespace cli {
namespace {

// What docker gives when it failed itself and the command never ran: strake's
// own codes could be the command's.
constexpr int kNotRun = 125;

// Otherwise somebody has to guess why there was a SIGKILL.
void report_memory(const runtime::Outcome& outcome,
                   const runtime::Resources& limits) {
  const std::string shortage = builder::render_shortage(outcome.usage, limits);
  if (shortage.empty()) return;
  const bool is_command = outcome.signal == SIGKILL;
  std::cerr << fmt::format(
      "strake: {}killed: {}\n",
      is_command ? "" : "a process of the command was ", shortage);
}

// Its own output is the command's: ours says whose it is.
void warn(std::string_view text) {
  std::cerr << fmt::format("strake: warning: {}\n", text);
}

// An interactive session is not to be lost to the exit code of its last
// command; one that was cut short is not what anybody wants to go on from.
void commit(builder::Container& container, const std::string& reference,
            const runtime::Outcome& outcome) {
  if (outcome.was_interrupted) {
    std::cerr << "strake: interrupted; nothing is committed\n";
    return;
  }
  InterruptWatcher interrupt;
  interrupt.start();
  std::cerr << container.commit(reference, interrupt.token()).str() << '\n';
}

int run_in_image(Globals& globals, const Arguments& arguments) {
  RunFlags flags;
  std::vector<std::string> command;
  Options options("run [flags] IMAGE [COMMAND...]",
                  "Runs a command in an image; what it wrote is removed.",
                  "strake run --rm -e NAME=world hello");
  flags.add_to(options);
  options.rest("IMAGE [COMMAND...]", command,
               "The image, and what to run in place of its CMD");
  globals.add_driver_to(options);
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  if (command.empty()) {
    throw base::Error(base::ErrorKind::usage, "run wants an image")
        .hint("see --help");
  }
  base::Trace* const trace = globals.trace();
  builder::ContainerOptions run = flags.read();
  note_unknown_calls(trace, run.settings.security);
  const std::optional<std::string> reference = flags.read_commit();
  const auto executor = make_executor(flags.runtime());
  run.arguments.assign(command.begin() + 1, command.end());

  store::Store store(globals.store_root());
  Rootless rootless(store, globals.storage_driver());
  run.root_form = rootless.root_form();
  const store::Image image = require_image(store, command.front()).image;
  run.warn = warn;
  // Whoever reads what we relay may be gone: a hang-up, not our end.
  if (run.terminal) std::signal(SIGPIPE, SIG_IGN);
  builder::Container container(store, image.id, run);
  // Only now: until here a signal is for us alone.
  const CommandSignals signals;
  runtime::Outcome outcome;
  {
    std::optional<RawTerminal> raw;
    if (run.terminal && run.is_interactive) raw.emplace();
    outcome = container.run(*executor, &signals.file());
  }
  if (!outcome.warning.empty()) warn(outcome.warning);
  report_memory(outcome, run.settings.limits);
  if (reference) commit(container, *reference, outcome);
  return outcome.exit_code;
}

}  // namespace

int run_run_command(Globals& globals, const Arguments& arguments) {
  try {
    return run_in_image(globals, arguments);
  } catch (const base::Error& error) {
    report(error);
    const bool is_cancelled = error.kind() == base::ErrorKind::cancelled;
    return error.exit_code().value_or(is_cancelled ? exit_code_of(error.kind())
                                                   : kNotRun);
  }
}

}  // namespace cli

#include "cli/failure_visit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <optional>
#include <set>

#include "cli/clean_text.h"
#include "cli/interrupt.h"
#include "cli/raw_terminal.h"

namespace cli {
namespace {

// Credentials are never kept, so a later visitor may have fewer.
std::string missing_credentials(const builder::StepSandbox& sandbox,
                                const builder::Credentials& given) {
  std::set<std::string> lines;
  for (const builder::CredentialMount& mount : sandbox.credentials) {
    if (mount.is_agent && !given.agents.contains(mount.id)) {
      lines.insert(fmt::format(
          "ssh agent \"{0}\" is not there; give it with --ssh {0}\n",
          mount.id));
    } else if (!mount.is_agent && !given.secrets.contains(mount.id)) {
      lines.insert(
          fmt::format("secret \"{0}\" is not there; give it with "
                      "--secret id={0},src=FILE\n",
                      mount.id));
    }
  }
  return fmt::format("{}", fmt::join(lines, ""));
}

}  // namespace

int visit(builder::FailedStep& step, runtime::Executor& executor,
          const builder::Credentials& credentials,
          const std::vector<std::string>& command) {
  builder::FailedStep::Visit visit;
  visit.command = command;
  visit.warn = [](std::string_view text) {
    std::cerr << fmt::format("strake: warning: {}\n", text);
  };
  const bool is_terminal = is_input_terminal() && ::isatty(STDOUT_FILENO) == 1;
  if (is_terminal) visit.terminal = describe_terminal();
  if (command.empty() && is_terminal) {
    std::cerr << clean_text(
        fmt::format("in {}, as it was when this failed:\n  {}\n", step.title(),
                    fmt::join(step.sandbox().spec.process.args, " ")));
  }
  std::cerr << clean_text(missing_credentials(step.sandbox(), credentials));
  std::cerr.flush();
  // Whoever reads what we relay may be gone: a hang-up, not our end.
  std::signal(SIGPIPE, SIG_IGN);
  const CommandSignals signals;
  visit.signals = &signals.file();
  std::optional<RawTerminal> raw;
  if (is_terminal) raw.emplace();
  return step.enter(executor, credentials, visit).exit_code;
}

}  // namespace cli

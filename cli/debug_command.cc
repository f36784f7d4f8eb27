// strake debug: where a RUN failed that --on-failure keep kept.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>

#include "builder/kept_steps.h"
#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/failure_visit.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/runtime_flag.h"
#include "cli/secret_flag.h"
#include "cli/ssh_flag.h"
#include "cli/table.h"
#include "cli/text_width.h"

namespace cli {
namespace {

constexpr std::size_t kShownColumns = 50;

void print_list(const builder::KeptSteps& steps) {
  Table table({"ID", "STEP", "FAILURE"});
  for (const auto& step : steps.list()) {
    table.add({step.id, cut_text(clean_line(step.title), kShownColumns, "..."),
               clean_line(step.failure)});
  }
  std::cout << table.render();
}

}  // namespace

int run_debug_command(Globals& globals, const Arguments& arguments) {
  bool is_list = false;
  bool is_removed = false;
  std::optional<std::string> id;
  std::optional<std::string> runtime;
  std::vector<std::string> secrets;
  std::vector<std::string> agents;
  std::vector<std::string> command;
  Options options("debug [flags] [COMMAND...]",
                  "Opens a shell, or runs a command, where a RUN failed that "
                  "\"build --on-failure keep\" kept: its files, environment, "
                  "user, directory and mounts.",
                  "strake debug");
  options.value("--id", id, "Which one, as --list has it; else the newest");
  options.flag("-l,--list", is_list, "List what is kept");
  options.flag("--rm", is_removed, "Remove it instead");
  options.list("--secret", secrets, "A secret of the step, as build has it");
  options.list("--ssh", agents, "An ssh agent of the step, as build has it");
  options.value("--runtime", runtime,
                "By what it is run: native, runc, crun or a path");
  options.rest("COMMAND...", command, "What to run in place of a shell");
  globals.add_driver_to(options);
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  if (static_cast<int>(is_list) + static_cast<int>(is_removed) +
          static_cast<int>(!command.empty()) >
      1) {
    throw usage_error("--list, --rm and a command exclude each other");
  }
  builder::Credentials credentials;
  for (const std::string& word : secrets) add_secret(word, credentials.secrets);
  for (const std::string& word : agents) add_agent(word, credentials.agents);

  store::Store store(globals.store_root());
  Rootless rootless(store, globals.storage_driver());
  builder::KeptSteps steps(store);
  if (is_list) {
    print_list(steps);
    return 0;
  }
  rootless.enter();
  if (is_removed) {
    steps.remove(id.value_or(""));
    return 0;
  }
  const runtime::RootForm form = rootless.root_form();
  builder::FailedStep step = steps.open(id.value_or(""));
  step.set_root_form(form);
  const auto executor = make_executor(runtime);
  return visit(step, *executor, credentials, command);
}

}  // namespace cli

// strake system: what the store holds and whether it is sound.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "base/error.h"
#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/system_report.h"
#include "parser/values.h"
#include "store/store.h"

namespace cli {
namespace {

int run_system_check(Globals& globals, const Arguments& arguments) {
  Options options("system check [flags]",
                  "Reads the whole store and compares it with its records; "
                  "changes nothing.",
                  "strake system check");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  base::Span span(globals.trace(), "store", "check");
  store::Store store(globals.store_root());
  Rootless(store).enter();
  const std::vector<std::string> damage = store::check_store(store);
  span.add("damage", damage.size());
  for (const std::string& line : damage) {
    std::cout << clean_text(line) << '\n';
  }
  if (damage.empty()) std::cout << "no damage\n";
  return damage.empty() ? 0 : exit_code_of(base::ErrorKind::corrupt);
}

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  CommandFunction run;
};

constexpr std::array kSubcommands = {
    Subcommand{"check", "look for damage in the store", run_system_check},
    Subcommand{"df", "show what takes the space", run_system_df},
    Subcommand{"info", "show the store and what this machine offers",
               run_system_info},
};

void print_help() {
  std::cout << "Usage: strake system COMMAND [flags]\n\nCommands:\n";
  for (const Subcommand& command : kSubcommands) {
    std::cout << fmt::format("  {:<6} {}\n", command.name, command.summary);
  }
  std::cout << "\nExample:\n  strake system df -v\n\n"
               "\"strake system COMMAND --help\" tells more.\n";
}

}  // namespace

int run_system_command(Globals& globals, const Arguments& arguments) {
  if (arguments.empty() || arguments.front() == "--help") {
    print_help();
    return arguments.empty() ? exit_code_of(base::ErrorKind::usage) : 0;
  }
  const std::string& name = arguments.front();
  std::vector<std::string_view> names = {"prune"};
  for (const Subcommand& command : kSubcommands) {
    if (command.name == name) {
      return command.run(globals,
                         Arguments(arguments.begin() + 1, arguments.end()));
    }
    names.push_back(command.name);
  }
  if (name == "prune") {
    throw base::Error(base::ErrorKind::unsupported,
                      "\"system prune\" is not supported yet");
  }
  const std::string near = parser::find_nearest(name, names);
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("unknown command \"system {}\"", name))
      .hint(near.empty() ? "see \"strake system --help\""
                         : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace cli

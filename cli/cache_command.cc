// strake cache: the build cache as a thing of its own.
#include <fmt/format.h>

#include <array>
#include <iostream>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/cache_commands.h"
#include "cli/cache_report.h"
#include "cli/command.h"
#include "cli/report.h"
#include "parser/values.h"

namespace cli {
namespace {

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  CommandFunction run;
};

constexpr std::array kSubcommands = {
    Subcommand{"export",
               "write records, layers and cache mounts into a "
               "directory",
               run_cache_export},
    Subcommand{"import", "bring in what was exported", run_cache_import},
    Subcommand{"ls", "list what it holds, largest first", run_cache_ls},
};

void print_help() {
  std::cout << "Usage: strake cache COMMAND [flags]\n\nCommands:\n";
  for (const Subcommand& command : kSubcommands) {
    std::cout << fmt::format("  {:<6} {}\n", command.name, command.summary);
  }
  std::cout << "\nExample:\n  strake cache export --all-mounts /srv/cache\n\n"
               "\"strake cache COMMAND --help\" tells more.\n";
}

}  // namespace

int run_cache_command(Globals& globals, const Arguments& arguments) {
  if (arguments.empty() || arguments.front() == "--help") {
    print_help();
    return arguments.empty() ? exit_code_of(base::ErrorKind::usage) : 0;
  }
  const std::string& name = arguments.front();
  std::vector<std::string_view> names;
  for (const Subcommand& command : kSubcommands) {
    if (command.name == name) {
      return command.run(globals,
                         Arguments(arguments.begin() + 1, arguments.end()));
    }
    names.push_back(command.name);
  }
  const std::string near = parser::find_nearest(name, names);
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("unknown command \"cache {}\"", name))
      .hint(near.empty() ? "see \"strake cache --help\""
                         : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace cli

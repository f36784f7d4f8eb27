#include "cli/subcommands.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/report.h"
#include "parser/values.h"

namespace cli {
namespace {

void print_help(std::string_view command,
                std::span<const Subcommand> subcommands,
                std::string_view example) {
  std::size_t width = 0;
  for (const Subcommand& one : subcommands) {
    width = std::max(width, one.name.size());
  }
  std::cout << fmt::format("Usage: strake {} COMMAND [flags]\n\nCommands:\n",
                           command);
  for (const Subcommand& one : subcommands) {
    std::cout << fmt::format("  {:<{}}  {}\n", one.name, width, one.summary);
  }
  std::cout << fmt::format(
      "\nExample:\n  {}\n\n\"strake {} COMMAND --help\" tells more.\n", example,
      command);
}

}  // namespace

int run_subcommand(std::string_view command,
                   std::span<const Subcommand> subcommands,
                   std::string_view example, Globals& globals,
                   const Arguments& arguments) {
  if (arguments.empty() || arguments.front() == "--help" ||
      arguments.front() == "-h") {
    print_help(command, subcommands, example);
    return arguments.empty() ? exit_code_of(base::ErrorKind::usage) : 0;
  }
  const std::string& name = arguments.front();
  std::vector<std::string_view> names;
  for (const Subcommand& one : subcommands) {
    if (one.name == name) {
      return one.run(globals,
                     Arguments(arguments.begin() + 1, arguments.end()));
    }
    names.push_back(one.name);
  }
  const std::string near = parser::find_nearest(name, names);
  throw usage_error(fmt::format("unknown command \"{} {}\"", command, name),
                    near.empty()
                        ? fmt::format("see \"strake {} --help\"", command)
                        : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace cli

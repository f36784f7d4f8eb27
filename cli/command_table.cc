#include "cli/command_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "base/error.h"
#include "cli/report.h"
#include "parser/values.h"

namespace cli {

const Command* find_command(std::span<const Command> commands,
                            std::string_view name) {
  for (const Command& one : commands) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

std::string suggest_command(std::span<const Command> commands,
                            std::string_view name, std::string_view command) {
  std::vector<std::string_view> names;
  for (const Command& one : commands) names.push_back(one.name);
  const std::string near = parser::find_nearest(name, names);
  return near.empty() ? fmt::format("see \"{} --help\"", command)
                      : fmt::format("did you mean \"{}\"?", near);
}

void print_commands(std::span<const Command> commands, std::string_view usage,
                    std::string_view example, std::string_view command) {
  std::size_t width = 0;
  for (const Command& one : commands) width = std::max(width, one.name.size());
  std::cout << fmt::format("Usage: {}\n\nCommands:\n", usage);
  for (const Command& one : commands) {
    std::cout << fmt::format("  {:<{}}  {}\n", one.name, width, one.summary);
  }
  std::cout << fmt::format(
      "\nExample:\n  {}\n\n\"{} COMMAND --help\" tells more.\n", example,
      command);
}

int run_subcommand(std::string_view command,
                   std::span<const Command> subcommands,
                   std::string_view example, Globals& globals,
                   const Arguments& arguments) {
  const std::string whole = fmt::format("strake {}", command);
  if (arguments.empty() || arguments.front() == "--help" ||
      arguments.front() == "-h") {
    print_commands(subcommands, whole + " COMMAND [flags]", example, whole);
    return arguments.empty() ? exit_code_of(base::ErrorKind::usage) : 0;
  }
  const std::string& name = arguments.front();
  if (const Command* const found = find_command(subcommands, name)) {
    return found->run(globals,
                      Arguments(arguments.begin() + 1, arguments.end()));
  }
  throw usage_error(fmt::format("unknown command \"{} {}\"", command, name),
                    suggest_command(subcommands, name, whole));
}

}  // namespace cli

// Tables of commands: that of strake itself, and of a command that is one of
// its own, as "strake cache export".
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace cli {

struct Command {
  std::string_view name;
  std::string_view summary;
  CommandFunction run;
};

// Null when none has that name.
const Command* find_command(std::span<const Command> commands,
                            std::string_view name);

// What to do about a name that none has: the nearest one, else the help of
// `command`, as in "strake cache".
std::string suggest_command(std::span<const Command> commands,
                            std::string_view name, std::string_view command);

// The help of a table: `usage` and what is said of it, a line a command, an
// example, and who tells more.
void print_commands(std::span<const Command> commands, std::string_view usage,
                    std::string_view example, std::string_view command);

// `command` is the word in front of them, `example` one whole command line.
// Without a subcommand, and for --help and -h, it lists them.
// Throws: usage for one that is not known, with the nearest name.
int run_subcommand(std::string_view command,
                   std::span<const Command> subcommands,
                   std::string_view example, Globals& globals,
                   const Arguments& arguments);

}  // namespace cli

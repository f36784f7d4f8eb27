// A command that is a table of its own: "strake cache export". Without a
// subcommand, and for --help and -h, it lists them.
#pragma once

#include <span>
#include <string_view>

#include "cli/command.h"

namespace cli {

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  CommandFunction run;
};

// `command` is the word in front of them, `example` one whole command line.
// Throws: usage for one that is not known, with the nearest name.
int run_subcommand(std::string_view command,
                   std::span<const Subcommand> subcommands,
                   std::string_view example, Globals& globals,
                   const Arguments& arguments);

}  // namespace cli

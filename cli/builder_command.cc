// strake builder: docker's name for what concerns the build cache.
#include <fmt/format.h>

#include <iostream>

#include "base/error.h"
#include "cli/cache_report.h"
#include "cli/command.h"
#include "cli/report.h"
#include "parser/values.h"

namespace cli {
namespace {

void print_help() {
  std::cout << "Usage: strake builder COMMAND [flags]\n\nCommands:\n"
               "  prune  remove build cache that nobody needs\n"
               "\nExample:\n  strake builder prune --filter until=72h\n\n"
               "\"strake builder COMMAND --help\" tells more.\n";
}

}  // namespace

int run_builder_command(Globals& globals, const Arguments& arguments) {
  if (arguments.empty() || arguments.front() == "--help") {
    print_help();
    return arguments.empty() ? exit_code_of(base::ErrorKind::usage) : 0;
  }
  const std::string& name = arguments.front();
  if (name == "prune") {
    return run_builder_prune(globals,
                             Arguments(arguments.begin() + 1, arguments.end()));
  }
  const std::string near = parser::find_nearest(name, {"prune"});
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("unknown command \"builder {}\"", name))
      .hint(near.empty() ? "see \"strake builder --help\""
                         : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace cli

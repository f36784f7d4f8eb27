#include <iostream>

#include "cli/command.h"

namespace cli {

int run_version_command(Globals& globals, const Arguments& arguments) {
  Options options("version", "Shows the version.", "strake version");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  std::cout << "strake " STRAKE_VERSION "\n";
  return 0;
}

}  // namespace cli

// strake system: what the store holds and whether it is sound.
#include <array>
#include <iostream>

#include "base/error.h"
#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/command_table.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/system_report.h"
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

constexpr std::array kSubcommands = {
    Command{"check", "look for damage in the store", run_system_check},
    Command{"df", "show what takes the space", run_system_df},
    Command{"info", "show the store and what this machine offers",
            run_system_info},
};

}  // namespace

int run_system_command(Globals& globals, const Arguments& arguments) {
  if (!arguments.empty() && arguments.front() == "prune") {
    throw base::Error(base::ErrorKind::unsupported,
                      "\"system prune\" is not supported yet")
        .hint(
            "\"strake builder prune\" removes build cache, \"strake image "
            "prune\" images without a name");
  }
  return run_subcommand("system", kSubcommands, "strake system df -v", globals,
                        arguments);
}

}  // namespace cli

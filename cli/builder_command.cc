// strake builder: docker's name for what concerns the build cache.
#include <array>

#include "cli/cache_report.h"
#include "cli/command.h"
#include "cli/command_table.h"

namespace cli {
namespace {

constexpr std::array kSubcommands = {
    Command{"prune", "remove build cache that nobody needs", run_builder_prune},
};

}  // namespace

int run_builder_command(Globals& globals, const Arguments& arguments) {
  return run_subcommand("builder", kSubcommands,
                        "strake builder prune --filter until=72h", globals,
                        arguments);
}

}  // namespace cli

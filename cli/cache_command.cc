// strake cache: the build cache as a thing of its own.
#include <array>

#include "cli/cache_commands.h"
#include "cli/cache_report.h"
#include "cli/command.h"
#include "cli/command_table.h"

namespace cli {
namespace {

constexpr std::array kSubcommands = {
    Command{"export", "write records, layers and cache mounts into a directory",
            run_cache_export},
    Command{"import", "bring in what was exported", run_cache_import},
    Command{"ls", "list what it holds, largest first", run_cache_ls},
};

}  // namespace

int run_cache_command(Globals& globals, const Arguments& arguments) {
  return run_subcommand("cache", kSubcommands,
                        "strake cache export --all-mounts /srv/cache", globals,
                        arguments);
}

}  // namespace cli

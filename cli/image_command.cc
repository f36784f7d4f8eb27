// strake image: docker's name for what concerns images, most of which are
// commands of their own here, too.
#include <array>

#include "cli/command.h"
#include "cli/command_table.h"
#include "cli/image_report.h"

namespace cli {
namespace {

constexpr std::array kSubcommands = {
    Command{"build", "build an image from a Dockerfile", run_build_command},
    Command{"history", "show how an image was made", run_history_command},
    Command{"import", "make an image from a root file system's tar",
            run_import_command},
    Command{"inspect", "show an image's configuration", run_inspect_command},
    Command{"load", "bring in images that were saved", run_load_command},
    Command{"ls", "list images", run_images_command},
    Command{"prune", "remove images without a name", run_image_prune},
    Command{"rm", "remove images or their names", run_rmi_command},
    Command{"save", "write images into an archive", run_save_command},
    Command{"tag", "give an image another name", run_tag_command},
};

}  // namespace

int run_image_command(Globals& globals, const Arguments& arguments) {
  return run_subcommand("image", kSubcommands,
                        "strake image prune --filter until=24h", globals,
                        arguments);
}

}  // namespace cli

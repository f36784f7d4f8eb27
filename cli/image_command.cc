// strake image: docker's name for what concerns images, most of which are
// commands of their own here, too.
#include <array>

#include "cli/command.h"
#include "cli/image_report.h"
#include "cli/subcommands.h"

namespace cli {
namespace {

constexpr std::array kSubcommands = {
    Subcommand{"build", "build an image from a Dockerfile", run_build_command},
    Subcommand{"history", "show how an image was made", run_history_command},
    Subcommand{"import", "make an image from a root file system's tar",
               run_import_command},
    Subcommand{"inspect", "show an image's configuration", run_inspect_command},
    Subcommand{"load", "bring in images that were saved", run_load_command},
    Subcommand{"ls", "list images", run_images_command},
    Subcommand{"prune", "remove images without a name", run_image_prune},
    Subcommand{"rm", "remove images or their names", run_rmi_command},
    Subcommand{"save", "write images into an archive", run_save_command},
    Subcommand{"tag", "give an image another name", run_tag_command},
};

}  // namespace

int run_image_command(Globals& globals, const Arguments& arguments) {
  return run_subcommand("image", kSubcommands,
                        "strake image prune --filter until=24h", globals,
                        arguments);
}

}  // namespace cli

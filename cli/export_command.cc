// strake export: an image's files as one tar, without its configuration.
#include "base/error.h"
#include "builder/tree_output.h"
#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/interrupt.h"
#include "cli/output_option.h"
#include "cli/rootless.h"
#include "store/store.h"

namespace cli {

int run_export_command(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> file;
  std::string name;
  Options options("export [flags] IMAGE",
                  "Writes an image's file system, all layers as one, as a tar.",
                  "strake export hello | tar -t");
  options.value("-o,--output", file, "The file; else stdout");
  options.operand("IMAGE", name, "The image, by name or ID");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  globals.trace();
  if (!file || *file == "-") require_no_terminal();
  store::Store store(globals.store_root());
  const base::Digest id = require_image(store, name).image.id;
  Rootless(store).enter();
  InterruptWatcher interrupt;
  interrupt.start();
  builder::write_tree_tar(store, store.images().config(id).diff_ids,
                          file.value_or("-"), interrupt.token());
  return 0;
}

}  // namespace cli

#include "base/error.h"
#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/image_name.h"
#include "cli/rootless.h"

namespace cli {

int run_tag_command(Globals& globals, const Arguments& arguments) {
  std::string source;
  std::string name;
  Options options("tag SOURCE NAME[:TAG]", "Gives an image another name.",
                  "strake tag hello registry.example.com/hello:1.0");
  options.operand("SOURCE", source, "Name or ID of an image");
  options.operand("NAME", name, "The new name");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  const std::string full = read_image_name("tag", name);
  store::Store store(globals.store_root());
  const Rootless rootless(store);
  store.images().tag(require_image(store, source).image.id, full);
  return 0;
}

}  // namespace cli

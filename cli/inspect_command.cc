#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/rootless.h"

namespace cli {

int run_inspect_command(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> format;
  std::vector<std::string> names;
  Options options("inspect [flags] NAME...", "Shows images as JSON.",
                  "strake inspect --format '{{json .Config.Cmd}}' hello");
  options.value("-f,--format", format, "json, or text with {{.Field}}");
  options.operands("NAME", names, "Names or IDs of images");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  store::Store store(globals.store_root());
  const Rootless rootless(store);
  nlohmann::json all = nlohmann::json::array();
  for (const std::string& name : names) {
    all.push_back(render_image(store, require_image(store, name).image));
    if (format && *format != "json") {
      print_formatted(*format, all.back());
    }
  }
  if (!format) std::cout << all.dump(4) << '\n';
  if (format == "json") std::cout << all.dump() << '\n';
  return 0;
}

}  // namespace cli

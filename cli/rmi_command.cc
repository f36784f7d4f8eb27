#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iostream>

#include "base/error.h"
#include "builder/remove_images.h"
#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/rootless.h"
#include "registry/reference.h"

namespace cli {
namespace {

// The name alone when it is one of several, else the image with all its names.
void remove(store::Store& store, const std::string& name, bool is_forced) {
  const auto [image, tag] = require_image(store, name);
  if (!tag && image.tags.size() > 1 && !is_forced) {
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("image {} has {} names", image.id.brief(),
                                  image.tags.size()))
        .hint("remove them one by one, or all of them with -f");
  }
  std::vector<std::string> names = image.tags;
  names.insert(names.end(), image.digests.begin(), image.digests.end());
  for (const std::string& other : names) {
    if (tag && other != *tag) continue;
    for (const std::string& gone : store.images().untag(other)) {
      std::cout << fmt::format("Untagged: {}\n",
                               registry::parse_reference(gone).familiar());
    }
  }
  const auto left = store.images().find_id(image.id.str());
  if (!left || !left->tags.empty() || !left->digests.empty()) return;
  store.images().remove(image.id);
  std::cout << fmt::format("Deleted: {}\n", image.id.str());
}

}  // namespace

int run_rmi_command(Globals& globals, const Arguments& arguments) {
  bool is_forced = false;
  std::vector<std::string> names;
  Options options("rmi [-f] NAME...",
                  "Removes names, and images that have no other name.",
                  "strake rmi hello");
  options.flag("-f,--force", is_forced, "Also an ID that has several names");
  options.operands("NAME", names, "Names or IDs of images");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  store::Store store(globals.store_root());
  Rootless(store).enter();
  store.reserve().give_up();
  std::exception_ptr failure;
  try {
    for (const std::string& name : names) remove(store, name, is_forced);
  } catch (...) {
    failure = std::current_exception();
  }
  // Of those in front of a wrong name, too: they are forgotten already.
  builder::remove_unneeded_layers(store);
  if (failure) std::rethrow_exception(failure);
  return 0;
}

}  // namespace cli

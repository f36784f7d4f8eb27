// strake image prune: removes images that no name leads to.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>

#include "base/error.h"
#include "builder/remove_images.h"
#include "cli/confirm.h"
#include "cli/image_report.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "cli/until_filter.h"
#include "parser/values.h"
#include "registry/reference.h"
#include "store/usage.h"

namespace cli {
namespace {

using std::chrono::sys_seconds;

struct Wish {
  bool takes_named = false;
  std::optional<sys_seconds> until;  // stored before then

  bool takes(const store::Image& image) const {
    if (!takes_named && !image.tags.empty()) return false;
    return !until || image.stored_at < *until;
  }
};

void read_filter(const std::string& filter, sys_seconds now, Wish& wish) {
  const std::size_t equals = filter.find('=');
  const std::string key = filter.substr(0, equals);
  const std::string value =
      equals == std::string::npos ? std::string() : filter.substr(equals + 1);
  if (key == "until") {
    wish.until =
        std::min(wish.until.value_or(now), read_until(filter, value, now));
    return;
  }
  if (key == "dangling" && (value == "true" || value == "1")) return;
  if (key == "dangling" && (value == "false" || value == "0")) {
    wish.takes_named = true;
    return;
  }
  if (key == "label" || key == "label!") {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("--filter \"{}\": labels are not looked at "
                                  "yet",
                                  filter));
  }
  const std::string near = parser::find_nearest(key, {"until", "dangling"});
  throw usage_error(
      fmt::format("--filter \"{}\": wants until=24h or dangling=true", filter),
      near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near));
}

std::string describe(const Wish& wish, bool has_filter) {
  std::string text = wish.takes_named
                         ? "all images that nothing runs in now, also those "
                           "with a name"
                         : "all images without a name";
  if (has_filter) text += ", as far as --filter says";
  return text;
}

// As docker does it.
void print(const builder::RemovedImages& removed) {
  if (!removed.images.empty()) std::cout << "Deleted Images:\n";
  for (const store::Image& image : removed.images) {
    for (const std::string& tag : image.tags) {
      std::cout << fmt::format("untagged: {}\n",
                               registry::parse_reference(tag).familiar());
    }
    std::cout << fmt::format("deleted: {}\n", image.id.str());
  }
  if (!removed.images.empty()) std::cout << '\n';
  std::cout << fmt::format("Total reclaimed space: {}\n",
                           render_size(removed.freed_bytes))
            << std::flush;
  if (removed.cached_bytes == 0) return;
  std::cerr << fmt::format(
      "{} of their layers stay as build cache; remove that with \"strake "
      "builder prune\"\n",
      render_size(removed.cached_bytes));
}

}  // namespace

int run_image_prune(Globals& globals, const Arguments& arguments) {
  Wish wish;
  bool is_forced = false;
  std::vector<std::string> filters;
  Options options("image prune [flags]",
                  "Removes images that no name leads to, and their layers as "
                  "far as no step of the build cache has them.",
                  "strake image prune --filter until=24h");
  options.flag("-a,--all", wish.takes_named, "Also images that have a name");
  options.flag("-f,--force", is_forced, "Do not ask");
  options.list("--filter", filters,
               "Only these: until=24h, not built or brought here since; "
               "dangling=false is --all");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  const auto now = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  for (const std::string& filter : filters) read_filter(filter, now, wish);
  if (!is_forced && !confirm_removal(describe(wish, wish.until.has_value()))) {
    return 0;
  }

  store::Store store(globals.store_root());
  Rootless(store).enter();
  store.reserve().give_up();
  std::vector<store::Image> images = store.images().list();
  std::erase_if(images,
                [&](const store::Image& image) { return !wish.takes(image); });
  print(builder::remove_images(store, images,
                               wish.takes_named ? builder::Named::are_removed
                                                : builder::Named::are_spared));
  return 0;
}

void report_nameless_images(store::Store& store) {
  const store::UsageCount nameless = store::measure_nameless_images(store);
  if (nameless.size_bytes == 0) return;
  std::cerr << fmt::format(
      "{} without a name {} {}; remove {} with \"strake image prune\"\n",
      nameless.count == 1 ? std::string("an image")
                          : fmt::format("{} images", nameless.count),
      nameless.count == 1 ? "keeps" : "keep", render_size(nameless.size_bytes),
      nameless.count == 1 ? "it" : "them");
}

}  // namespace cli

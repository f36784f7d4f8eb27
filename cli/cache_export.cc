// strake cache export: what this store knows, for another one.
#include "builder/cache_export.h"

#include <fmt/format.h>

#include <iostream>
#include <set>

#include "base/error.h"
#include "builder/layout_target.h"
#include "cli/cache_commands.h"
#include "cli/clean_text.h"
#include "cli/image_json.h"
#include "cli/interrupt.h"
#include "cli/output_option.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "store/store.h"

namespace cli {
namespace {

// Layers of the images; of a name that means none, an error.
std::set<base::Digest> layers_of(store::Store& store,
                                 const std::vector<std::string>& images) {
  std::set<base::Digest> layers;
  for (const std::string& name : images) {
    const base::Digest id = require_image(store, name).image.id;
    const auto diff_ids = store.images().config(id).diff_ids;
    layers.insert(diff_ids.begin(), diff_ids.end());
  }
  return layers;
}

}  // namespace

int run_cache_export(Globals& globals, const Arguments& arguments) {
  std::vector<std::string> images;
  std::optional<std::string> tag, compression;
  std::string directory;
  builder::CacheTo to;
  Options options("cache export [flags] DIR",
                  "Writes cache records, their layers, and cache mounts into "
                  "an OCI image layout; what is there is kept, and not written "
                  "again.",
                  "strake cache export --all-mounts /srv/cache");
  options.list("--image", images, "Only records of this image's layers");
  options.list("--mount", to.mounts, "The id of a cache mount that goes along");
  options.flag("--all-mounts", to.has_all_mounts, "All cache mounts go along");
  options.value("--tag", tag, "Its name in the layout; else \"latest\"");
  options.value("--compression", compression, "gzip, zstd or uncompressed");
  options.operand("DIR", directory, "The directory");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  base::Trace* const trace = globals.trace();
  to.directory = directory;
  if (tag) to.tag = *tag;
  if (compression) {
    to.compression = read_compression(*compression, "--compression");
  }
  store::Store store(globals.store_root());
  const std::set<base::Digest> layers = layers_of(store, images);
  Rootless(store).enter();
  InterruptWatcher interrupt;
  interrupt.start();
  std::vector<store::CachedStep> steps;
  if (images.empty() || !layers.empty()) {
    steps = builder::collect_records(store, layers);
  }
  builder::LayoutTarget target(to.directory, to.tag, interrupt.token());
  const builder::CacheExportCost cost = builder::export_cache(
      store, target, to, steps, {nullptr, {}, interrupt.token(), trace});
  for (const std::string& text : cost.warnings) {
    std::cerr << fmt::format("warning: {}\n", clean_text(text));
  }
  std::cout << fmt::format("{} records, wrote {}\n", steps.size(),
                           render_size(cost.written_bytes));
  return 0;
}

}  // namespace cli

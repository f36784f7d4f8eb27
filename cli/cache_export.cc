// strake cache export: what this store knows, for another one.
#include "builder/cache_export.h"

#include <fmt/format.h>

#include <iostream>
#include <set>

#include "base/error.h"
#include "builder/cache_places.h"
#include "cli/cache_commands.h"
#include "cli/cache_flags.h"
#include "cli/clean_text.h"
#include "cli/image_json.h"
#include "cli/interrupt.h"
#include "cli/output_option.h"
#include "cli/registries.h"
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

builder::CacheTo read_target(const std::string& place,
                             const std::optional<std::string>& tag) {
  if (is_cache_words(place)) {
    if (tag) {
      throw usage_error("--tag names a cache in a directory",
                        "ref= has a registry's tag, name= a bucket's");
    }
    return read_cache_target("cache export", place);
  }
  builder::CacheTo to;
  to.directory = place;
  if (tag) to.tag = *tag;
  return to;
}

builder::CacheExportCost export_to(builder::CachePlaces& places,
                                   store::Store& store,
                                   const builder::CacheTo& to,
                                   const std::vector<store::CachedStep>& steps,
                                   const builder::CacheExportOptions& options) {
  try {
    const auto target = places.open(to);
    return builder::export_cache(store, *target, to, steps, options);
  } catch (base::Error& error) {
    error.add_context(
        fmt::format("writing the cache to {}", builder::name_of(to)));
    throw;
  }
}

}  // namespace

int run_cache_export(Globals& globals, const Arguments& arguments) {
  std::vector<std::string> images;
  std::optional<std::string> tag, compression;
  std::vector<std::string> mounts;
  bool has_all_mounts = false;
  std::string place;
  Options options("cache export [flags] PLACE",
                  "Writes cache records, their layers, and cache mounts into "
                  "an OCI image layout, a registry or a bucket; what is there "
                  "is kept, and not written again.",
                  "strake cache export --all-mounts /srv/cache");
  options.list("--image", images, "Only records of this image's layers");
  options.list("--mount", mounts, "The id of a cache mount that goes along");
  options.flag("--all-mounts", has_all_mounts, "All cache mounts go along");
  options.value("--tag", tag, "Its name in the directory; else \"latest\"");
  options.value("--compression", compression, "gzip, zstd or uncompressed");
  options.operand("PLACE", place,
                  "A directory, or as for build --cache-to: "
                  "type=registry,ref=NAME or type=s3,bucket=NAME,…");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  base::Trace* const trace = globals.trace();
  builder::CacheTo to = read_target(place, tag);
  to.mounts.insert(to.mounts.end(), mounts.begin(), mounts.end());
  to.has_all_mounts = to.has_all_mounts || has_all_mounts;
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
  const auto registries = make_registries_options(globals, std::nullopt);
  builder::CachePlaces places(
      store, {&registries, builder::host_platform(), interrupt.token()});
  const builder::CacheExportCost cost = export_to(
      places, store, to, steps, {nullptr, {}, interrupt.token(), trace});
  for (const std::string& text : cost.warnings) {
    std::cerr << fmt::format("warning: {}\n", clean_text(text));
  }
  std::cout << fmt::format("{} records, wrote {}\n", steps.size(),
                           render_size(cost.written_bytes));
  return 0;
}

}  // namespace cli

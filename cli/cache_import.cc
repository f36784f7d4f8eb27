// strake cache import: the whole of a cache, into this store.
#include "builder/cache_import.h"

#include <fmt/format.h>

#include <iostream>

#include "base/error.h"
#include "builder/cache_places.h"
#include "cli/cache_commands.h"
#include "cli/cache_flags.h"
#include "cli/clean_text.h"
#include "cli/interrupt.h"
#include "cli/registries.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "store/store.h"

namespace cli {
namespace {

builder::CacheFrom read_place(const std::string& place,
                              const std::optional<std::string>& tag) {
  if (is_cache_words(place)) {
    if (tag) {
      throw usage_error("--tag names a cache in a directory",
                        "ref= has a registry's tag, name= a bucket's");
    }
    return read_cache_place("cache import", place);
  }
  builder::CacheFrom from;
  from.directory = place;
  from.reference = tag.value_or("");
  return from;
}

builder::ImportedCache import_from(builder::CachePlaces& places,
                                   store::Store& store,
                                   const builder::CacheFrom& from,
                                   const std::stop_token& stop) {
  try {
    return builder::import_cache(store, *places.open(from), stop);
  } catch (base::Error& error) {
    error.add_context(
        fmt::format("importing the cache in {}", builder::name_of(from)));
    throw;
  }
}

}  // namespace

int run_cache_import(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> tag;
  std::string place;
  Options options("cache import [flags] PLACE",
                  "Brings records, layers and cache mounts of a cache into "
                  "this store, less what is there.",
                  "strake cache import /srv/cache");
  options.value("--tag", tag, "Its name in the directory; else \"latest\"");
  options.operand("PLACE", place,
                  "A directory, or as for build --cache-from: "
                  "type=registry,ref=NAME or type=s3,bucket=NAME,…");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  globals.trace();
  const builder::CacheFrom from = read_place(place, tag);
  store::Store store(globals.store_root());
  Rootless(store).enter();
  InterruptWatcher interrupt;
  interrupt.start();
  const auto registries = make_registries_options(globals, std::nullopt);
  builder::CachePlaces places(
      store, {&registries, builder::host_platform(), interrupt.token()});
  const builder::ImportedCache imported =
      import_from(places, store, from, interrupt.token());
  for (const std::string& text : imported.failures) {
    std::cerr << fmt::format("error: {}\n", clean_text(text));
  }
  std::cout << fmt::format(
      "{} records, {} layers and {} cache mounts were new; read {}\n",
      imported.records, imported.layers, imported.mounts,
      render_size(imported.read_bytes));
  return imported.failures.empty() ? 0 : exit_code_of(base::ErrorKind::corrupt);
}

}  // namespace cli

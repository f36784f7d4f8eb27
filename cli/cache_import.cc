// strake cache import: the whole of a cache, into this store.
#include "builder/cache_import.h"

#include <fmt/format.h>

#include <iostream>

#include "base/error.h"
#include "cli/cache_commands.h"
#include "cli/clean_text.h"
#include "cli/interrupt.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "store/store.h"

namespace cli {
namespace {

builder::ImportedCache import_from(store::Store& store,
                                   const std::string& directory,
                                   const std::string& tag,
                                   const std::stop_token& stop) {
  try {
    const auto source = builder::open_layout_cache(store, directory, tag);
    return builder::import_cache(store, *source, stop);
  } catch (base::Error& error) {
    error.add_context(fmt::format("importing the cache in {}", directory));
    throw;
  }
}

}  // namespace

int run_cache_import(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> tag;
  std::string directory;
  Options options("cache import [flags] DIR",
                  "Brings records, layers and cache mounts of a cache into "
                  "this store, less what is there.",
                  "strake cache import /srv/cache");
  options.value("--tag", tag, "Its name in the layout; else \"latest\"");
  options.operand("DIR", directory, "The directory");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  globals.trace();
  store::Store store(globals.store_root());
  Rootless(store).enter();
  InterruptWatcher interrupt;
  interrupt.start();
  const builder::ImportedCache imported =
      import_from(store, directory, tag.value_or(""), interrupt.token());
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

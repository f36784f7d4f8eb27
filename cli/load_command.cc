// strake load: images that other tools, or strake save, wrote.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "base/error.h"
#include "builder/load_images.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/rootless.h"
#include "registry/reference.h"
#include "store/store.h"

namespace cli {
namespace {

builder::SavedFiles open_input(const std::optional<std::string>& path,
                               const store::Lease& lease) {
  if (path && *path != "-") return builder::SavedFiles::open(*path, lease);
  if (::isatty(STDIN_FILENO) != 0) {
    throw base::Error(base::ErrorKind::usage,
                      "load reads an archive, and standard input is a terminal")
        .hint("name the archive with -i, or redirect the input");
  }
  try {
    return builder::SavedFiles::open(
        base::Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)), lease);
  } catch (base::Error& error) {
    error.add_context("standard input");
    throw;
  }
}

void print(const builder::NamedImage& image) {
  for (const std::string& name : image.names) {
    std::cout << fmt::format("Loaded image: {}\n",
                             registry::parse_reference(name).familiar());
  }
  if (image.names.empty()) {
    std::cout << fmt::format("Loaded image ID: {}\n", image.id.str());
  }
  std::cout.flush();
}

}  // namespace

int run_load_command(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> input;
  bool is_quiet = false;
  Options options("load [flags]",
                  "Brings in images that docker, podman, buildah, skopeo or "
                  "strake saved: an archive in any compression, or a layout's "
                  "directory.",
                  "docker save hello | strake load");
  options.value("-i,--input", input, "The file or directory; else stdin");
  options.flag("-q,--quiet", is_quiet, "Print nothing but errors");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  base::Trace* const trace = globals.trace();
  store::Store store(globals.store_root());
  Rootless(store).enter();
  InterruptWatcher interrupt;
  interrupt.start();
  store::Lease lease = store.lease();
  lease.stop_on(interrupt.token());
  const builder::SavedFiles files = open_input(input, lease);
  builder::load_images(
      store, files, lease,
      [&](const auto& image) {
        if (!is_quiet) print(image);
      },
      trace);
  return 0;
}

}  // namespace cli

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "builder/assemble.h"
#include "builder/config_changes.h"
#include "builder/platform.h"
#include "cli/command.h"
#include "cli/image_name.h"
#include "cli/interrupt.h"
#include "cli/rootless.h"
#include "store/store.h"

namespace cli {
namespace {

base::Fd open_input(const std::string& file) {
  if (file == "-") {
    if (::isatty(STDIN_FILENO) != 0) {
      throw base::Error(base::ErrorKind::usage,
                        "import reads a tar, and standard input is a terminal")
          .hint("name the tar, or redirect the input");
    }
    return base::Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  }
  if (file.starts_with("http://") || file.starts_with("https://")) {
    throw base::Error(base::ErrorKind::unsupported,
                      "importing from an address is not supported yet");
  }
  if (std::filesystem::is_directory(file)) {
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("{} is a directory, not a tar", file))
        .hint(fmt::format("tar -C {} -c . | strake import - NAME", file));
  }
  return base::open_file(file, O_RDONLY);
}

// The tar is a root file system to us, whatever else it may be.
void warn_of_saved_image(const store::LayerIndex& index) {
  if (index.find("oci-layout") == nullptr &&
      index.find("manifest.json") == nullptr) {
    return;
  }
  std::cerr << "warning: this looks like a saved image; \"strake load\" brings "
               "those in\n";
}

}  // namespace

int run_import_command(Globals& globals, const Arguments& arguments) {
  std::string file;
  std::optional<std::string> name;
  std::optional<std::string> message;
  std::vector<std::string> changes;
  Options options("import [flags] FILE|- [NAME[:TAG]]",
                  "Makes an image from a root file system's tar, in any "
                  "compression.",
                  "debootstrap --variant=minbase bookworm root && tar -C root "
                  "-c . | strake import - debian:12");
  options.list("-c,--change", changes,
               "Dockerfile instruction for its configuration: 'CMD [\"sh\"]'");
  options.value("-m,--message", message, "Comment for the image's history");
  options.operand("FILE", file, "The tar; \"-\" for stdin");
  options.optional_operand("NAME", name, "Name of the image");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  globals.trace();
  std::vector<std::string> tags;
  if (name) tags.push_back(read_image_name("import", *name));
  store::ImageConfig config;
  const builder::Platform platform = builder::host_platform();
  config.architecture = platform.architecture;
  config.variant = platform.variant;
  config.os = "linux";
  config.config = builder::change_config(config, changes);
  const base::Fd input = open_input(file);
  const std::string shown = file == "-" ? "standard input" : file;
  // What a failed command in front of a pipe leaves: not an empty image.
  std::array<std::byte, 1> first{};
  std::size_t unread = base::read_some(input, first.data(), first.size());
  if (unread == 0) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{} is empty, not a tar", shown));
  }
  store::Store store(globals.store_root());
  Rootless(store).enter();
  InterruptWatcher interrupt;
  interrupt.start();
  store::Lease lease = store.lease();
  lease.stop_on(interrupt.token());
  const auto read = [&](std::byte* buffer, std::size_t size) {
    base::wait_until(input, base::Ready::to_read, lease.stop());
    if (unread == 0) return base::read_some(input, buffer, size);
    buffer[0] = first[0];
    return std::exchange(unread, 0);
  };
  store::Layer layer;
  try {
    layer = store.layers().extract(lease, {.tar = read});
  } catch (base::Error& error) {
    if (error.kind() != base::ErrorKind::cancelled) error.add_context(shown);
    throw;
  }
  warn_of_saved_image(*store.layers().index(layer.diff_id));
  config.created =
      builder::render_time(std::chrono::floor<std::chrono::seconds>(
          std::chrono::system_clock::now()));
  config.diff_ids = {layer.diff_id};
  store::HistoryEntry entry;
  entry.created = config.created;
  entry.comment = message.value_or("Imported from " + file);
  config.history.push_back(std::move(entry));
  std::cout << store.images().put(lease, config, tags).id.str() << '\n';
  return 0;
}

}  // namespace cli

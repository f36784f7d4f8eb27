// strake save: images from the store into an archive or a layout.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "builder/save_images.h"
#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/interrupt.h"
#include "cli/output_option.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "store/store.h"

namespace cli {
namespace {

void read_format(const std::string& format, builder::SaveOptions& options) {
  if (format == "docker-archive") {
    options.format = builder::SaveFormat::docker;
  } else if (format == "oci-archive" || format == "oci-dir") {
    options.format = builder::SaveFormat::oci;
    if (format == "oci-dir") options.form = builder::LayoutForm::directory;
  } else {
    throw usage_error(fmt::format("unknown format \"{}\"", format),
                      "it is one of docker-archive, oci-archive, oci-dir");
  }
}

// The name it was asked for by goes with it; one asked for by ID has none.
std::vector<builder::NamedImage> find_images(
    store::Store& store, const std::vector<std::string>& words) {
  std::vector<builder::NamedImage> images;
  for (const std::string& word : words) {
    const auto [found, reference] = require_image(store, word);
    const base::Digest& id = found.id;
    auto image =
        std::find_if(images.begin(), images.end(),
                     [&](const auto& other) { return other.id == id; });
    if (image == images.end()) image = images.insert(image, {id, {}});
    auto& names = image->names;
    if (reference &&
        std::find(names.begin(), names.end(), *reference) == names.end()) {
      names.push_back(*reference);
    }
  }
  return images;
}

}  // namespace

int run_save_command(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> file, format, compression;
  std::vector<std::string> words;
  Options options("save [flags] IMAGE...",
                  "Writes images with their names into an archive that docker, "
                  "podman and skopeo read.",
                  "strake save -o hello.tar hello && docker load -i hello.tar");
  options.value("-o,--output", file, "The file or directory; else stdout");
  options.value("--format", format,
                "docker-archive (default), oci-archive or oci-dir");
  options.value(
      "--compression", compression,
      "Of the layers: gzip, zstd or uncompressed; else as they came, or "
      "what the format's users expect");
  options.operands("IMAGE", words, "Images by name or ID");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  builder::SaveOptions save;
  save.trace = globals.trace();
  read_format(format.value_or("docker-archive"), save);
  if (compression) {
    save.compression = read_compression(*compression, "--compression");
  }
  if (save.form == builder::LayoutForm::directory && (!file || *file == "-")) {
    throw usage_error("--format oci-dir needs --output DIRECTORY");
  }
  if (!file || *file == "-") require_no_terminal();
  store::Store store(globals.store_root());
  const auto images = find_images(store, words);
  Rootless(store).enter();
  InterruptWatcher interrupt;
  interrupt.start();
  builder::save_images(store, images, save, file.value_or("-"),
                       interrupt.token());
  return 0;
}

}  // namespace cli

// strake push: images of the store to registries.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "base/guarded.h"
#include "builder/push_image.h"
#include "builder/store_images.h"
#include "cli/command.h"
#include "cli/image_name.h"
#include "cli/interrupt.h"
#include "cli/output_option.h"
#include "cli/push_text.h"
#include "cli/registries.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "cli/tls_flag.h"
#include "registry/reference.h"
#include "store/store.h"

namespace cli {
namespace {

// Each layer's line, as soon as it is there.
class Lines : public builder::PushObserver {
 public:
  void started(std::string_view repository, std::size_t layers) override {
    std::cerr << fmt::format("pushing to {}: {} layer{}\n", repository, layers,
                             layers == 1 ? "" : "s");
  }
  void arrived(const base::Descriptor& layer, builder::Arrival how) override {
    const char* const text = how == builder::Arrival::sent      ? "sent"
                             : how == builder::Arrival::mounted ? "mounted"
                                                                : "there";
    const auto out = out_.lock();
    **out << fmt::format("{}: {}, {}\n", layer.digest.brief(), text,
                         render_size(layer.size_bytes));
  }

 private:
  base::Guarded<std::ostream*> out_{std::in_place, &std::cerr};
};

// One image, and the names of its that go.
struct Wanted {
  base::Digest id;
  std::vector<std::string> names;
};

std::vector<Wanted> find_all(store::Store& store, const std::string& name) {
  const auto asked = registry::parse_reference(name);
  std::vector<Wanted> all;
  for (const store::Image& image : store.images().list()) {
    Wanted wanted{image.id, {}};
    for (const std::string& tag : image.tags) {
      const auto reference = registry::parse_reference(tag);
      if (reference.domain == asked.domain && reference.path == asked.path) {
        wanted.names.push_back(tag);
      }
    }
    if (!wanted.names.empty()) all.push_back(std::move(wanted));
  }
  return all;
}

std::vector<Wanted> find_wanted(store::Store& store, const std::string& name,
                                bool has_all_tags) {
  const std::string full = read_image_name("push", name);
  if (has_all_tags) {
    const auto reference = registry::parse_reference(full);
    const auto colon = name.find(':', name.rfind('/') + 1);
    if (colon != std::string::npos) {
      throw usage_error("--all-tags wants a name without tag");
    }
    auto all = find_all(store, name);
    if (!all.empty()) return all;
  } else if (const auto image = store.images().find_tag(full)) {
    return {{image->id, {full}}};
  }
  const auto other = builder::find_image(store, name);
  base::Error error(base::ErrorKind::not_found,
                    fmt::format("there is no image \"{}\" in the store", name));
  if (other) {
    error.hint(
        fmt::format("give the image the name it shall have there: \"strake tag "
                    "{} registry.example.com/{}\"",
                    name, name));
  }
  throw error;
}

}  // namespace

int run_push_command(Globals& globals, const Arguments& arguments) {
  std::string name;
  bool is_quiet = false;
  bool has_all_tags = false;
  std::optional<std::string> compression;
  bool forces_compression = false;
  TlsFlag tls;
  Options options("push [flags] NAME", "Sends an image to its registry.",
                  "strake push registry.example.com/team/app:1.2");
  options.flag("-a,--all-tags", has_all_tags,
               "All images of the store under this name");
  options.value("--compression", compression,
                "Of layers made here: gzip (default), zstd or uncompressed");
  options.flag("--force-compression", forces_compression,
               "Of all layers, also those that came from elsewhere");
  options.flag("-q,--quiet", is_quiet, "Print the digest only");
  tls.add_to(options);
  options.ignored("--disable-content-trust");
  options.operand("NAME", name, "An image of the store, with its registry");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  Lines lines;
  builder::PushOptions push;
  push.trace = globals.trace();
  if (compression) {
    push.compression = read_compression(*compression, "--compression");
  }
  push.forces_compression = forces_compression;
  if (!is_quiet) push.observer = &lines;
  const auto registries = make_registries(globals, tls.verifies());
  store::Store store(globals.store_root());
  Rootless(store).enter();
  InterruptWatcher interrupt;
  interrupt.start();
  for (const Wanted& wanted : find_wanted(store, name, has_all_tags)) {
    const builder::PushResult result = builder::push_image(
        store, *registries, builder::read_image_to_push(store, wanted.id),
        wanted.names, push, interrupt.token());
    if (!is_quiet) {
      std::cerr << describe_push(wanted.names, result) << '\n';
    }
    for (const std::string& full : wanted.names) {
      const std::string tag = *registry::parse_reference(full).tag;
      std::cout << (is_quiet ? result.manifest.digest.str()
                             : fmt::format("{}: digest: {} size: {}", tag,
                                           result.manifest.digest.str(),
                                           result.manifest.size_bytes))
                << '\n';
    }
    std::cout.flush();
  }
  return 0;
}

}  // namespace cli

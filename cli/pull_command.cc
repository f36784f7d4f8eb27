// strake pull: images out of registries into the store.
#include <fmt/format.h>

#include <iostream>

#include "base/error.h"
#include "builder/pull_image.h"
#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/registries.h"
#include "cli/report.h"
#include "cli/rootless.h"
#include "cli/table.h"
#include "cli/tls_flag.h"
#include "store/store.h"

namespace cli {
namespace {

struct Wish {
  std::string name;
  std::optional<std::string> platform;
  bool is_quiet = false;
  bool has_all_tags = false;
  TlsFlag tls;
};

class Puller {
 public:
  Puller(const Wish& wish, store::Store& store,
         registry::Registries& registries, base::Trace* trace,
         std::stop_token stop)
      : wish_(wish),
        store_(store),
        registries_(registries),
        trace_(trace),
        stop_(std::move(stop)),
        platform_(wish.platform ? builder::parse_platform(*wish.platform)
                                : builder::host_platform()) {}

  // A short name may be one of several registries'.
  void pull_name() const {
    const auto candidates = registries_.find_candidates(wish_.name);
    for (std::size_t i = 0; i + 1 < candidates.size(); ++i) {
      try {
        return pull(candidates[i]);
      } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::not_found &&
            error.kind() != base::ErrorKind::denied) {
          throw;
        }
        tell(fmt::format("{}: {}", candidates[i].full(), error.message()));
      }
    }
    pull(candidates.back());
  }

  void pull_all_tags() const {
    registry::Reference reference =
        registries_.find_candidates(wish_.name).front();
    const auto colon = wish_.name.find(':', wish_.name.rfind('/') + 1);
    if (reference.digest || colon != std::string::npos) {
      throw usage_error("--all-tags wants a name without tag and digest");
    }
    std::vector<std::string> tags;
    registries_.pull_sources(reference).try_each(
        [&](const registry::PullSource& source) {
          tags.clear();
          source.repository.list_tags(
              [&](const std::string& tag) { tags.push_back(tag); }, stop_);
        });
    if (tags.empty()) {
      throw base::Error(base::ErrorKind::not_found,
                        fmt::format("{} has no tags", reference.familiar()));
    }
    for (const std::string& tag : tags) {
      reference.tag = tag;
      pull(reference);
    }
  }

 private:
  void tell(const std::string& text) const {
    if (!wish_.is_quiet) std::cerr << clean_text(text) << '\n';
  }

  void pull(const registry::Reference& reference) const {
    tell(fmt::format("pulling {}", reference.full()));
    const auto before = store_.images().find_tag(reference.full());
    const builder::PulledImage pulled = builder::pull_image(
        store_, registries_, reference, platform_,
        [&](std::size_t layers, std::uint64_t bytes) {
          tell(fmt::format("fetching {} layer{}, {}", layers,
                           layers == 1 ? "" : "s", render_size(bytes)));
        },
        stop_, trace_);
    if (!builder::is_runnable(pulled.platform, platform_)) {
      std::cerr << clean_text(fmt::format(
                       "strake: warning: {} is for {}, not for {}",
                       reference.familiar(), render_platform(pulled.platform),
                       render_platform(platform_)))
                << '\n';
    }
    if (!wish_.is_quiet) {
      const bool is_new = !before || before->id != pulled.id;
      std::cout << fmt::format(
          "Digest: {}\nStatus: {} for {}\n", pulled.top.str(),
          is_new ? "Downloaded newer image" : "Image is up to date",
          reference.familiar());
    }
    std::cout << pulled.reference << '\n' << std::flush;
  }

  const Wish& wish_;
  store::Store& store_;
  registry::Registries& registries_;
  base::Trace* trace_;
  std::stop_token stop_;
  builder::Platform platform_;
};

}  // namespace

int run_pull_command(Globals& globals, const Arguments& arguments) {
  Wish wish;
  Options options("pull [flags] NAME", "Gets an image out of a registry.",
                  "strake pull debian:12");
  options.value("--platform", wish.platform,
                "The image for this platform: linux/arm64; else this machine");
  options.flag("-a,--all-tags", wish.has_all_tags,
               "All images of the repository");
  options.flag("-q,--quiet", wish.is_quiet, "Print the name only");
  wish.tls.add_to(options);
  options.ignored("--disable-content-trust");
  options.operand("NAME", wish.name, "An image, by tag or digest");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  base::Trace* const trace = globals.trace();
  const auto registries = make_registries(globals, wish.tls.verifies());
  store::Store store(globals.store_root());
  Rootless(store).enter();
  InterruptWatcher interrupt;
  interrupt.start();
  const Puller puller(wish, store, *registries, trace, interrupt.token());
  if (wish.has_all_tags) {
    puller.pull_all_tags();
  } else {
    puller.pull_name();
  }
  return 0;
}

}  // namespace cli

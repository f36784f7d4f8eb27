#include "builder/container.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "builder/accounts.h"
#include "builder/assemble.h"
#include "builder/environment.h"
#include "builder/sandbox_root.h"
#include "builder/scope.h"
#include "builder/stage_planner.h"
#include "builder/system_files.h"

namespace builder {
namespace {

// Of the kernel (uname(2)).
constexpr std::size_t kMaxHostnameBytes = 64;

std::vector<std::string> command_of(const store::ContainerConfig& config,
                                    const ContainerOptions& options) {
  std::vector<std::string> words;
  if (options.entrypoint) {
    if (!options.entrypoint->empty()) words.push_back(*options.entrypoint);
  } else {
    words = config.entrypoint.value_or(std::vector<std::string>());
  }
  std::vector<std::string> arguments = options.arguments;
  if (arguments.empty() && !options.entrypoint) {
    arguments = config.cmd.value_or(std::vector<std::string>());
  }
  words.insert(words.end(), arguments.begin(), arguments.end());
  if (words.empty()) {
    throw base::Error(base::ErrorKind::usage,
                      "the image has neither CMD nor ENTRYPOINT")
        .hint("say what to run behind the image's name");
  }
  return words;
}

void fill_process(const store::ContainerConfig& config,
                  const ContainerOptions& options,
                  const store::MergedTree& tree, runtime::Process& process) {
  const Account account =
      Accounts(tree).find_user(options.user.value_or(config.user));
  process.args = command_of(config, options);
  process.env = config.env;
  for (const std::string& pair : options.env) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) continue;
    set_variable(process.env, pair.substr(0, equals), pair.substr(equals + 1));
  }
  // An image made elsewhere may set none; every container has one.
  if (!find_variable(process.env, "PATH")) {
    process.env.emplace_back(kDefaultPath);
  }
  if (!find_variable(process.env, "HOME")) {
    set_variable(process.env, "HOME", account.home);
  }
  if (options.terminal) {
    process.terminal = true;
    process.console_size = options.terminal->size;
    if (!find_variable(process.env, "TERM")) {
      set_variable(process.env, "TERM", options.terminal->type);
    }
  }
  process.cwd =
      clean_path("/" + options.working_dir.value_or(config.working_dir));
  process.user.uid = account.uid;
  process.user.gid = account.gid;
  process.user.additional_gids = account.additional_gids;
}

// A longer name than the kernel takes is cut.
std::string hostname_of(const ContainerOptions& options,
                        const std::string& standard) {
  if (options.hostname) return *options.hostname;
  return options.name ? options.name->substr(0, kMaxHostnameBytes) : standard;
}

// What one mount would hide of another is mounted after it.
void sort_by_depth(std::vector<runtime::Mount>& mounts, std::size_t first) {
  const auto depth = [](const runtime::Mount& mount) {
    const std::string path = clean_path(mount.destination);
    return std::count(path.begin(), path.end(), '/');
  };
  std::stable_sort(
      mounts.begin() + static_cast<std::ptrdiff_t>(first), mounts.end(),
      [&](const auto& a, const auto& b) { return depth(a) < depth(b); });
}

}  // namespace

Container::Container(store::Store& store, const base::Digest& image,
                     const ContainerOptions& options)
    : store_(store),
      image_(store.images().config(image)),
      lease_(store.lease()),
      networks_(1, options.warn),
      spec_(runtime::default_spec()) {
  fill_process(image_.config, options, store.layers().merged(image_.diff_ids),
               spec_.process);
  apply_settings(options.settings, spec_);
  if (options.name) name_.emplace(store.root(), *options.name);
  spec_.hostname = hostname_of(options, spec_.hostname);
  spec_.root_readonly = options.is_read_only;
  network_ = networks_.open(options.network, options.settings.dns, spec_, {});
  const std::size_t defaults = spec_.mounts.size();
  add_system_files(lease_.make_directory("files"), spec_, network_.files,
                   options.settings.extra_hosts);
  spec_.mounts.insert(spec_.mounts.end(), options.mounts.begin(),
                      options.mounts.end());
  sort_by_depth(spec_.mounts, defaults);
  root_ = make_sandbox_root(store, lease_, image_.diff_ids, options.root_form);
  streams_.inherit_input = options.is_interactive;
}

runtime::Outcome Container::run(runtime::Executor& executor,
                                const base::Fd* signals) {
  streams_.signals = signals;
  const runtime::Outcome outcome = executor.run(spec_, root_, streams_, {});
  network_.network.reset();
  return outcome;
}

base::Digest Container::commit(const std::string& reference,
                               std::stop_token stop) {
  lease_.stop_on(std::move(stop));
  const store::Layer layer = store_.layers().publish(
      lease_, store_.layers().seal(lease_, root_.upper));
  store::ImageConfig config = image_;
  config.created = render_time(std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now()));
  config.diff_ids.push_back(layer.diff_id);
  store::HistoryEntry entry;
  entry.created = config.created;
  entry.created_by = fmt::format("{}", fmt::join(spec_.process.args, " "));
  entry.comment = "strake run --commit";
  config.history.push_back(std::move(entry));
  return store_.images().put(lease_, config, {reference}).id;
}

}  // namespace builder

#include "builder/run_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "builder/accounts.h"
#include "builder/environment.h"
#include "builder/sandbox_root.h"
#include "builder/scope.h"
#include "builder/stage_planner.h"
#include "builder/system_files.h"

namespace builder {
namespace {

std::vector<std::string> command_of(const store::ContainerConfig& config,
                                    const RunOptions& options) {
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
                  const RunOptions& options, const store::MergedTree& tree,
                  runtime::Process& process) {
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

}  // namespace

runtime::Outcome run_image(store::Store& store, runtime::Executor& executor,
                           const base::Digest& image,
                           const RunOptions& options) {
  const store::ImageConfig config = store.images().config(image);
  const store::Lease lease = store.lease();
  runtime::Spec spec = runtime::default_spec();
  fill_process(config.config, options, store.layers().merged(config.diff_ids),
               spec.process);
  if (options.network == NetworkMode::none) {
    spec.linux.namespaces.push_back(runtime::Namespace::network);
  }
  spec.linux.resources = options.limits;
  add_system_files(lease.make_directory("files"), spec);
  for (const Volume& volume : options.volumes) {
    std::vector<std::string> mount_options = {"rbind"};
    if (volume.is_read_only) mount_options.emplace_back("ro");
    spec.mounts.push_back({clean_path(volume.target), "bind",
                           volume.source.native(), std::move(mount_options)});
  }
  const runtime::Root root = make_sandbox_root(store, lease, config.diff_ids);
  runtime::Streams streams;
  streams.inherit_input = options.is_interactive;
  streams.signals = options.signals;
  return executor.run(spec, root, streams, {});
}

}  // namespace builder

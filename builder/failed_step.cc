#include "builder/failed_step.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "builder/environment.h"
#include "builder/lent_busybox.h"
#include "builder/scope.h"
#include "builder/step_networks.h"

namespace builder {
namespace {

// Best first.
constexpr std::array kShells = {"/bin/bash", "/usr/bin/bash", "/bin/sh",
                                "/usr/bin/sh", "/busybox/sh"};
// In a /dev of the sandbox's own, which no layer has.
constexpr const char* kLentPath = "/dev/strake";
constexpr std::string_view kPath = "PATH";

// A visitor who was killed leaves a mark in overlayfs's own directory, for
// which the kernel would refuse the next.
void clean_work_directories(const runtime::Root& root,
                            const runtime::Spec& spec) {
  constexpr std::string_view kOption = "workdir=";
  std::error_code ignored;
  std::filesystem::remove_all(root.work / "work", ignored);
  for (const runtime::Mount& mount : spec.mounts) {
    for (const std::string& option : mount.options) {
      if (mount.type != "overlay" || !option.starts_with(kOption)) continue;
      std::filesystem::remove_all(
          std::filesystem::path(option.substr(kOption.size())) / "work",
          ignored);
    }
  }
}

}  // namespace

FailedStep::FailedStep(std::string title, StepSandbox sandbox,
                       store::Lease lease)
    : title_(std::move(title)),
      sandbox_(std::move(sandbox)),
      lease_(std::move(lease)) {}

runtime::Outcome FailedStep::enter(runtime::Executor& executor,
                                   const Credentials& credentials,
                                   const Visit& visit) {
  runtime::Spec spec = sandbox_.spec;
  clean_work_directories(sandbox_.root, spec);
  spec.process.env.insert(spec.process.env.end(), sandbox_.proxy_env.begin(),
                          sandbox_.proxy_env.end());
  StepNetworks networks(1, visit.warn);
  const StepNetworks::Opened network =
      networks.open(sandbox_.network, sandbox_.dns, spec, {});
  renew_system_files(lease_.make_directory("files"), spec, network.files,
                     sandbox_.extra_hosts);
  StepAgents agents;
  for (const CredentialMount& mount : sandbox_.credentials) {
    add_credential(mount, credentials, lease_, spec, agents);
  }
  if (visit.terminal) {
    spec.process.terminal = true;
    spec.process.console_size = visit.terminal->size;
    if (!find_variable(spec.process.env, "TERM")) {
      set_variable(spec.process.env, "TERM", visit.terminal->type);
    }
  }
  runtime::Streams streams;
  streams.inherit_input = true;
  streams.signals = visit.signals;
  if (visit.command.empty()) return run_shell(executor, spec, streams);
  spec.process.args = visit.command;
  return executor.run(spec, sandbox_.root, streams, {});
}

runtime::Outcome FailedStep::run_shell(runtime::Executor& executor,
                                       runtime::Spec& spec,
                                       const runtime::Streams& streams) const {
  for (const char* shell : kShells) {
    spec.process.args = {shell};
    try {
      return executor.run(spec, sandbox_.root, streams, {});
    } catch (const base::Error& error) {
      // It is not there, or its libraries are not.
      if (error.kind() != base::ErrorKind::step_failed) throw;
    }
  }
  lend_shell(spec);
  return executor.run(spec, sandbox_.root, streams, {});
}

void FailedStep::lend_shell(runtime::Spec& spec) const {
  const std::filesystem::path programs = lend_busybox(lease_);
  spec.mounts.push_back(
      {kLentPath, "bind", programs.native(), {"rbind", "ro"}});
  std::vector<std::string>& env = spec.process.env;
  const std::string path(find_variable(env, kPath)
                             .value_or(kDefaultPath.substr(kPath.size() + 1)));
  set_variable(env, kPath, fmt::format("{}:{}", path, kLentPath));
  spec.process.args = {fmt::format("{}/sh", kLentPath)};
}

}  // namespace builder

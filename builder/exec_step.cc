#include "builder/exec_step.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "builder/accounts.h"
#include "builder/environment.h"
#include "builder/memory_shortage.h"
#include "builder/sandbox_root.h"
#include "builder/system_files.h"

namespace builder {
namespace {

constexpr int kCannotExecute = 126;

// Programs of another machine fail where the kernel has no handler for them:
// the shell with a status, RUN in exec form without having started.
void add_platform_hint(base::Error& error, const Platform& platform) {
  const Platform host = host_platform();
  if (error.exit_code() != kCannotExecute || is_runnable(platform, host)) {
    return;
  }
  error.hint(fmt::format(
      "the image is for {}; on {} its programs need an emulator that is "
      "registered in /proc/sys/fs/binfmt_misc, as qemu-user-static and "
      "tonistiigi/binfmt do",
      render_platform(platform), render_platform(host)));
}

std::string describe_end(const runtime::Outcome& outcome) {
  return outcome.signal
             ? fmt::format("was killed by signal {} ({}), exit code {}",
                           *outcome.signal, ::strsignal(*outcome.signal),
                           outcome.exit_code)
             : fmt::format("failed with exit code {}", outcome.exit_code);
}

base::Error step_failure(const runtime::Outcome& outcome,
                         const runtime::Resources& resources) {
  const std::string shortage = render_shortage(outcome.usage, resources);
  base::Error error(
      base::ErrorKind::step_failed,
      shortage.empty()
          ? fmt::format("RUN {}", describe_end(outcome))
          : fmt::format("RUN {}: {}", describe_end(outcome), shortage));
  if (!outcome.signal) error.exit_code(outcome.exit_code);
  if (!shortage.empty()) {
    error.hint(resources.memory.limit
                   ? "give it more with --memory"
                   : "free memory, or run fewer steps at once");
  }
  return error;
}

}  // namespace

ExecStep::ExecStep(const ExecEnvironment& environment, const ExecOp& op,
                   const StepInputs& inputs, const store::Lease& lease)
    : environment_(environment),
      op_(op),
      inputs_(inputs),
      lease_(lease),
      scratch_(lease.make_directory("files")),
      spec_(runtime::default_spec()) {}

std::filesystem::path ExecStep::run(StepLog& log, std::stop_token stop) {
  stop_ = stop;
  log_ = &log;
  const std::vector<base::Digest> diff_ids = inputs_.parent.diff_ids();
  fill_process(environment_.store.layers().merged(diff_ids));
  apply_settings(op_.settings, spec_);
  if (op_.security == SecurityMode::insecure) runtime::unconfine(spec_);
  add_devices();
  network_ =
      environment_.networks.open(op_.network, op_.settings.dns, spec_, stop);
  add_system_files(scratch_, spec_, network_.files, op_.settings.extra_hosts);
  add_script();
  add_mounts();

  root_ = make_sandbox_root(environment_.store, lease_, diff_ids,
                            environment_.root_form);
  runtime::Streams streams;
  streams.on_output = [&log](runtime::Stream stream, std::string_view bytes) {
    log.write(stream, bytes);
  };
  const runtime::Outcome outcome = run_process(streams);
  if (!outcome.signal) settle_caches();
  network_.network.reset();  // the kernel takes it down while we go on
  log.flush();
  if (!outcome.warning.empty()) log.warn(outcome.warning);
  if (!outcome.succeeded()) {
    base::Error error = step_failure(outcome, spec_.linux.resources);
    add_platform_hint(error, op_.platform);
    throw error;
  }
  usage_ = outcome.usage;
  const std::string shortage =
      render_shortage(outcome.usage, spec_.linux.resources);
  if (!shortage.empty()) {
    log.warn(fmt::format(
        "a process of RUN was killed, and RUN succeeded: {}; the result is not "
        "cached",
        shortage));
  }
  return root_.upper;
}

StepSandbox ExecStep::release() {
  std::vector<CredentialMount> credentials = credential_mounts(op_.mounts);
  remove_credentials(credentials, spec_);
  // Behind what the image and the Dockerfile say, from where they came.
  std::vector<std::string>& env = spec_.process.env;
  for (const std::string& pair : op_.proxy_env) std::erase(env, pair);
  // Who looks for what went wrong is not to be killed for it.
  runtime::Resources unlimited;
  unlimited.devices = std::move(spec_.linux.resources.devices);
  spec_.linux.resources = std::move(unlimited);
  spec_.linux.network_path.clear();
  std::erase(spec_.linux.namespaces, runtime::Namespace::network);
  std::map<std::filesystem::path, base::Fd> locks;
  std::map<std::filesystem::path, base::Fd> shared_locks;
  for (store::CacheMountUse& use : cache_uses_) {
    (use.mode == store::LockMode::shared ? shared_locks : locks)
        .emplace(use.directory, std::move(use.lock));
  }
  return {std::move(spec_),
          std::move(root_),
          op_.network,
          op_.settings.dns,
          op_.settings.extra_hosts,
          op_.proxy_env,
          std::move(credentials),
          std::move(locks),
          std::move(shared_locks)};
}

runtime::Outcome ExecStep::run_process(const runtime::Streams& streams) {
  base::Span span(environment_.trace, "step", "process");
  span.add("network", render_network(op_.network));
  span.add("layers", inputs_.parent.layers.size());
  span.add("mounts", op_.mounts.size());
  const runtime::Outcome outcome = start_process(streams);
  span.add("exit_code", outcome.exit_code);
  span.add("cpu_us",
           (outcome.usage.user_cpu + outcome.usage.system_cpu).count());
  span.add("peak_memory_bytes", outcome.usage.peak_memory_bytes);
  span.add("oom_kills", outcome.usage.oom_kills);
  return outcome;
}

runtime::Outcome ExecStep::start_process(const runtime::Streams& streams) {
  try {
    return environment_.executor.run(spec_, root_, streams, stop_);
  } catch (base::Error& error) {
    add_platform_hint(error, op_.platform);
    throw;
  }
}

void ExecStep::fill_process(const store::MergedTree& tree) {
  const Account account = Accounts(tree).find_user(op_.user);
  runtime::Process& process = spec_.process;
  process.args = op_.args;
  process.env = op_.env;
  process.env.insert(process.env.end(), op_.proxy_env.begin(),
                     op_.proxy_env.end());
  if (!find_variable(process.env, "HOME")) {
    set_variable(process.env, "HOME", account.home);
  }
  process.cwd = op_.working_dir;
  process.user.uid = account.uid;
  process.user.gid = account.gid;
  process.user.additional_gids = account.additional_gids;
}

void ExecStep::add_devices() {
  for (const ExecDevice& device : op_.devices) {
    for (const DeviceEdits& edits : device.edits) {
      for (const std::string& pair : edits.env) {
        const std::size_t equals = std::min(pair.find('='), pair.size());
        set_variable(spec_.process.env, pair.substr(0, equals),
                     pair.substr(std::min(equals + 1, pair.size())));
      }
      std::vector<runtime::Device>& devices = spec_.linux.devices;
      devices.insert(devices.end(), edits.devices.begin(), edits.devices.end());
      // Without rules every device can be opened as it is.
      std::vector<runtime::DeviceRule>& rules = spec_.linux.resources.devices;
      if (!rules.empty()) {
        rules.insert(rules.end(), edits.rules.begin(), edits.rules.end());
      }
      spec_.mounts.insert(spec_.mounts.end(), edits.mounts.begin(),
                          edits.mounts.end());
    }
  }
}

void ExecStep::add_script() {
  if (!op_.script) return;
  const auto file =
      write_new_file(scratch_ / "script", op_.script->content, 0755);
  spec_.mounts.push_back({"/dev/pipes/" + op_.script->name,
                          "bind",
                          file.native(),
                          {"rbind", "ro"}});
}

}  // namespace builder

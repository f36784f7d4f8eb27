#include "builder/exec_step.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/accounts.h"

namespace builder {
namespace {

// What /etc/hosts of a step says. The name is fixed, since programs record it.
constexpr std::string_view kHosts =
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "127.0.1.1\tstrakesandbox\n";

std::string host_resolv_conf() {
  const auto file = base::find_file("/etc/resolv.conf", O_RDONLY);
  return file ? base::read_all(*file, 1 << 20) : std::string();
}

bool has_variable(const std::vector<std::string>& env, std::string_view name) {
  for (const std::string& pair : env) {
    if (pair.size() > name.size() && pair.starts_with(name) &&
        pair[name.size()] == '=') {
      return true;
    }
  }
  return false;
}

base::Error step_failure(const runtime::Outcome& outcome) {
  if (outcome.signal) {
    return base::Error(
        base::ErrorKind::step_failed,
        fmt::format("RUN was killed by signal {} ({}), exit code {}",
                    *outcome.signal, ::strsignal(*outcome.signal),
                    outcome.exit_code));
  }
  return base::Error(
      base::ErrorKind::step_failed,
      fmt::format("RUN failed with exit code {}", outcome.exit_code));
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
  store::LayerStore& layers = environment_.store.layers();
  const std::vector<base::Digest> diff_ids = inputs_.parent.diff_ids();
  fill_process(layers.merged(diff_ids));
  add_system_files();
  add_mounts();

  runtime::Root root;
  for (auto it = diff_ids.rbegin(); it != diff_ids.rend(); ++it) {
    const auto layer = layers.find(*it);
    if (!layer) {
      throw base::Error(base::ErrorKind::not_found,
                        fmt::format("layer {} is not in the store", it->str()));
    }
    root.lower.push_back(layer->diff);
  }
  root.upper = lease_.make_directory("upper");
  root.work = lease_.make_directory("work");
  root.scratch = lease_.make_directory("scratch");

  runtime::Streams streams;
  streams.on_output = [&log](runtime::Stream stream, std::string_view bytes) {
    log.write(stream, bytes);
  };
  const runtime::Outcome outcome =
      environment_.executor.run(spec_, root, streams, stop);
  log.flush();
  if (!outcome.succeeded()) throw step_failure(outcome);
  return root.upper;
}

void ExecStep::fill_process(const store::MergedTree& tree) {
  const Account account = Accounts(tree).find_user(op_.user);
  runtime::Process& process = spec_.process;
  process.args = op_.args;
  process.env = op_.env;
  process.env.insert(process.env.end(), op_.proxy_env.begin(),
                     op_.proxy_env.end());
  if (!has_variable(process.env, "HOME")) {
    process.env.push_back("HOME=" + account.home);
  }
  process.cwd = op_.working_dir;
  process.user.uid = account.uid;
  process.user.gid = account.gid;
  process.user.additional_gids = account.additional_gids;
  if (op_.network == NetworkMode::none) {
    spec_.linux.namespaces.push_back(runtime::Namespace::network);
  }
}

void ExecStep::add_system_files() {
  const auto add = [this](const char* destination, const std::string& source) {
    spec_.mounts.push_back({destination, "bind", source, {"rbind"}});
  };
  add("/etc/hosts", write_scratch("hosts", kHosts, 0644));
  add("/etc/resolv.conf",
      write_scratch("resolv.conf", host_resolv_conf(), 0644));
  if (op_.script) {
    const std::string file =
        write_scratch("script", op_.script->content, 0755);
    spec_.mounts.push_back(
        {"/dev/pipes/" + op_.script->name, "bind", file, {"rbind", "ro"}});
  }
}

std::string ExecStep::write_scratch(std::string_view name,
                                    std::string_view content, unsigned mode) {
  const std::filesystem::path path = scratch_ / name;
  const base::Fd file =
      base::open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  base::write_all(file, content);
  ::fchmod(file.get(), mode);
  return path.native();
}

std::vector<std::string> ExecStep::secret_values(const ExecOp& op,
                                                 const Secrets& secrets) {
  std::vector<std::string> values;
  for (const ExecMount& mount : op.mounts) {
    if (mount.option.type != parser::MountType::secret) continue;
    const auto it = secrets.find(*mount.option.id);
    if (it != secrets.end()) values.push_back(it->second);
  }
  return values;
}

}  // namespace builder

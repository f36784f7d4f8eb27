// RUN --mount=type=secret and type=ssh: what a step is trusted with while it
// runs, and nobody after it.
#include <fmt/format.h>

#include "base/error.h"
#include "builder/environment.h"
#include "builder/exec_step.h"

namespace builder {

using parser::MountType;

namespace {

constexpr std::uint32_t kSocketMode = 0600;

base::Error missing_credential(const parser::MountOption& option) {
  if (option.type == MountType::ssh) {
    return base::Error(base::ErrorKind::not_found,
                       fmt::format("ssh agent \"{}\" is required", *option.id))
        .hint(*option.id == "default"
                  ? "give it with --ssh default"
                  : fmt::format("give it with --ssh {}=SOCKET", *option.id));
  }
  return base::Error(base::ErrorKind::not_found,
                     fmt::format("secret \"{}\" is required", *option.id))
      .hint(fmt::format("give it with --secret id={},src=FILE", *option.id));
}

}  // namespace

void check_credentials(const ExecOp& op, const Credentials& credentials) {
  for (const ExecMount& mount : op.mounts) {
    const parser::MountOption& option = mount.option;
    if (!option.required) continue;
    const bool is_missing = (option.type == MountType::secret &&
                             !credentials.secrets.contains(*option.id)) ||
                            (option.type == MountType::ssh &&
                             !credentials.agents.contains(*option.id));
    if (is_missing) throw missing_credential(option);
  }
}

std::vector<std::string> secret_values(const ExecOp& op,
                                       const Credentials& credentials) {
  std::vector<std::string> values;
  for (const ExecMount& mount : op.mounts) {
    if (mount.option.type != MountType::secret) continue;
    const auto it = credentials.secrets.find(*mount.option.id);
    if (it != credentials.secrets.end()) values.push_back(it->second);
  }
  return values;
}

void ExecStep::add_secret(const ExecMount& mount) {
  const parser::MountOption& option = mount.option;
  const auto& secrets = environment_.credentials.secrets;
  const auto secret = secrets.find(*option.id);
  const bool is_given = secret != secrets.end();
  if (option.env) {
    set_variable(spec_.process.env, *option.env,
                 is_given ? secret->second : std::string());
  }
  if (!is_given || mount.target.empty()) return;
  runtime::Mount file{mount.target, "file", "secret", {"ro"}};
  file.content = secret->second;
  file.options.push_back(fmt::format("mode={:o}", option.mode.value_or(0400)));
  file.options.push_back(fmt::format("uid={}", option.uid.value_or(0)));
  file.options.push_back(fmt::format("gid={}", option.gid.value_or(0)));
  spec_.mounts.push_back(std::move(file));
}

// The socket that the step sees is ours, for as long as it runs.
void ExecStep::add_agent(const ExecMount& mount) {
  const parser::MountOption& option = mount.option;
  const auto agent = environment_.credentials.agents.find(*option.id);
  if (agent == environment_.credentials.agents.end()) return;
  const AgentSocket socket{lease_.make_directory("ssh") / "agent",
                           option.mode.value_or(kSocketMode),
                           option.uid.value_or(0), option.gid.value_or(0)};
  agents_.push_back(std::make_unique<SshForward>(agent->second, socket));
  spec_.mounts.push_back(
      {mount.target, "bind", socket.path.native(), {"rbind"}});
}

}  // namespace builder

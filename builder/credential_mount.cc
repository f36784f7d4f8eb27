#include "builder/credential_mount.h"

#include <fmt/format.h>

#include <algorithm>

#include "builder/environment.h"

namespace builder {
namespace {

using parser::MountType;

constexpr std::uint32_t kSecretMode = 0400;
constexpr std::uint32_t kSocketMode = 0600;

void add_secret(const CredentialMount& mount, const Secrets& secrets,
                runtime::Spec& spec) {
  const auto secret = secrets.find(mount.id);
  const bool is_given = secret != secrets.end();
  if (mount.env) {
    set_variable(spec.process.env, *mount.env,
                 is_given ? secret->second : std::string());
  }
  if (!is_given || mount.target.empty()) return;
  runtime::Mount file{mount.target, "file", "secret", {"ro"}};
  file.content = secret->second;
  file.options.push_back(fmt::format("mode={:o}", mount.mode));
  file.options.push_back(fmt::format("uid={}", mount.uid));
  file.options.push_back(fmt::format("gid={}", mount.gid));
  spec.mounts.push_back(std::move(file));
}

// The socket that the step sees is ours, for as long as it runs.
void add_agent(const CredentialMount& mount, const SshAgents& agents,
               const store::Lease& lease, runtime::Spec& spec,
               StepAgents& running) {
  const auto agent = agents.find(mount.id);
  if (agent == agents.end()) return;
  const AgentSocket socket{lease.make_directory("ssh") / "agent", mount.mode,
                           mount.uid, mount.gid};
  running.push_back(std::make_unique<SshForward>(agent->second, socket));
  spec.mounts.push_back(
      {mount.target, "bind", socket.path.native(), {"rbind"}});
}

}  // namespace

std::vector<CredentialMount> credential_mounts(
    const std::vector<ExecMount>& mounts) {
  std::vector<CredentialMount> found;
  for (const ExecMount& mount : mounts) {
    const parser::MountOption& option = mount.option;
    const bool is_agent = option.type == MountType::ssh;
    if (!is_agent && option.type != MountType::secret) continue;
    found.push_back({is_agent, *option.id, mount.target, option.env,
                     option.mode.value_or(is_agent ? kSocketMode : kSecretMode),
                     option.uid.value_or(0), option.gid.value_or(0)});
  }
  return found;
}

void add_credential(const CredentialMount& mount,
                    const Credentials& credentials, const store::Lease& lease,
                    runtime::Spec& spec, StepAgents& agents) {
  if (mount.is_agent) {
    add_agent(mount, credentials.agents, lease, spec, agents);
  } else {
    add_secret(mount, credentials.secrets, spec);
  }
}

void remove_credentials(const std::vector<CredentialMount>& mounts,
                        runtime::Spec& spec) {
  for (const CredentialMount& mount : mounts) {
    std::erase_if(spec.mounts, [&](const runtime::Mount& other) {
      return other.destination == mount.target;
    });
    if (!mount.env) continue;
    std::erase_if(spec.process.env, [&](const std::string& pair) {
      return pair.starts_with(*mount.env + '=');
    });
  }
}

}  // namespace builder

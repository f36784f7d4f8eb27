// RUN --mount=type=secret and type=ssh: what a step is trusted with while it
// runs, and nobody after it. Apart from the step, since whoever looks around in
// one that failed gets the same, and nothing of it is ever kept.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "builder/credentials.h"
#include "builder/ssh_forward.h"
#include "runtime/spec.h"
#include "store/lease.h"

namespace builder {

// What is needed of the Dockerfile's flag to give it anew.
struct CredentialMount {
  bool is_agent = false;  // type=ssh
  std::string id;
  std::string target;              // empty: only `env`
  std::optional<std::string> env;  // of a secret
  std::uint32_t mode = 0400;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

// The secrets and agents of a step, in the order of its mounts.
std::vector<CredentialMount> credential_mounts(
    const std::vector<ExecMount>& mounts);

// Agents that answer on sockets in a sandbox.
using StepAgents = std::vector<std::unique_ptr<SshForward>>;

// Gives the process of `spec` a secret or agent; nothing when the user gave
// none of that id. Throws: as SshForward.
void add_credential(const CredentialMount& mount,
                    const Credentials& credentials, const store::Lease& lease,
                    runtime::Spec& spec, StepAgents& agents);

// Takes them all out again.
void remove_credentials(const std::vector<CredentialMount>& mounts,
                        runtime::Spec& spec);

}  // namespace builder

// What a build is given for steps to use and not to keep: secrets and ssh
// agents, by id. No part of any key, layer, log or record.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "builder/operation.h"
#include "builder/ssh_forward.h"

namespace builder {

// Values of --secret by id.
using Secrets = std::map<std::string, std::string>;
// --ssh by id.
using SshAgents = std::map<std::string, AgentSource>;

struct Credentials {
  Secrets secrets;
  SshAgents agents;
};

// Throws: not_found when the step requires one that was not given.
void check_credentials(const ExecOp& op, const Credentials& credentials);

// The secret values that the step can see, so that its log can hide them.
std::vector<std::string> secret_values(const ExecOp& op,
                                       const Credentials& credentials);

}  // namespace builder

// The value of --ssh.
#pragma once

#include <string>

#include "builder/credentials.h"

namespace cli {

// "default" or "ID": the agent that SSH_AUTH_SOCK names. "ID=SOCKET": another
// one. "ID=KEY[,KEY...]": private keys in files.
// Throws: usage; not_found for a file that is not there, or no agent.
void add_agent(const std::string& word, builder::SshAgents& agents);

}  // namespace cli

#include "cli/step_flags.h"

#include "cli/allow_flag.h"
#include "cli/host_flag.h"
#include "cli/limit_flags.h"
#include "cli/network_flag.h"
#include "cli/secret_flag.h"
#include "cli/ssh_flag.h"

namespace cli {

void StepFlags::add_to(Options& options) {
  options.value("--network", network_, "For RUN: default, none or host");
  options.list("--secret", secrets_,
               "For RUN --mount=type=secret: id=K,src=FILE or id=K,env=VAR");
  options.list("--ssh", agents_,
               "For RUN --mount=type=ssh: default, or ID=SOCKET|KEY[,KEY]");
  options.list("--allow", allowed_,
               "What RUN may ask for: network.host, security.insecure, "
               "device[=NAME]");
  dns_.add_to(options);
  options.list("--add-host", hosts_, "Line of /etc/hosts, NAME:ADDRESS");
  options.value("--shm-size", shm_size_, "Size of /dev/shm, 64m");
  options.value("--runtime", runtime_,
                "By what RUN is run: native, runc, crun or a path");
  options.list("--ulimit", ulimits_, "Limit of a process, NAME=SOFT[:HARD]");
  security_.add_to(options);
  resources_.add_to(options);
}

void StepFlags::read(builder::BuildOptions& build) const {
  build.plan.network = read_network(network_.value_or("default"));
  for (const std::string& word : secrets_) {
    add_secret(word, build.credentials.secrets);
  }
  for (const std::string& word : agents_) {
    add_agent(word, build.credentials.agents);
  }
  for (const std::string& word : allowed_) {
    add_entitlements(word, build.plan.allowed);
  }
  builder::RunSettings& run = build.plan.run;
  run.dns = dns_.read();
  for (const std::string& word : hosts_) {
    run.extra_hosts.push_back(parse_host(word));
  }
  if (shm_size_) run.shm_bytes = read_shm_size(*shm_size_);
  for (const std::string& word : ulimits_) add_ulimit(word, run.rlimits);
  run.security = security_.read();
  run.limits = resources_.read();
}

}  // namespace cli

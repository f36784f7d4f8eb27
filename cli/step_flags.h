// The flags of strake build that say what RUN steps are given, allowed and
// limited to, and of strake run those that mean the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "builder/build.h"
#include "cli/dns_flags.h"
#include "cli/options.h"
#include "cli/resource_flags.h"
#include "cli/security_flags.h"

namespace cli {

class StepFlags {
 public:
  // Declares them; parsing fills this object.
  void add_to(Options& options);

  const std::optional<std::string>& runtime() const { return runtime_; }

  // What the others mean. Reads the files and variables that secrets are taken
  // from. Throws: usage, not_found.
  void read(builder::BuildOptions& build) const;

 private:
  DnsFlags dns_;
  std::optional<std::string> network_, shm_size_, runtime_;
  SecurityFlags security_;
  std::vector<std::string> secrets_, agents_, allowed_, hosts_, ulimits_;
  ResourceFlags resources_;
};

}  // namespace cli

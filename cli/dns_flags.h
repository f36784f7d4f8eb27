// --dns, --dns-search and --dns-option: resolv.conf(5) of steps and containers.
#pragma once

#include <string>
#include <vector>

#include "builder/resolv_conf.h"
#include "cli/options.h"

namespace cli {

class DnsFlags {
 public:
  // Declares them; parsing fills this object.
  void add_to(Options& options);

  // What they mean. Throws: usage.
  builder::DnsSettings read() const;

 private:
  std::vector<std::string> servers_, search_, options_;
};

}  // namespace cli

#include "cli/network_flag.h"

#include <fmt/format.h>

#include "cli/report.h"

namespace cli {

builder::NetworkMode read_network(const std::string& mode) {
  if (mode == "default") return builder::NetworkMode::standard;
  if (mode == "none") return builder::NetworkMode::none;
  if (mode == "host") return builder::NetworkMode::host;
  throw usage_error(fmt::format("unknown network mode \"{}\"", mode),
                    "it is one of default, none, host");
}

}  // namespace cli

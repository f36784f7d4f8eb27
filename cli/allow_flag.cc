#include "cli/allow_flag.h"

#include <fmt/format.h>

#include <sstream>

#include "cli/report.h"
#include "parser/values.h"

namespace cli {

void add_entitlements(const std::string& word, builder::Entitlements& allowed) {
  constexpr std::string_view kDevice = "device=";
  if (word.empty()) throw usage_error("--allow wants an entitlement");
  std::istringstream list(word);
  for (std::string name; std::getline(list, name, ',');) {
    if (name == "network.host") {
      allowed.host_network = true;
    } else if (name == "security.insecure") {
      allowed.insecure = true;
    } else if (name == "device") {
      allowed.all_devices = true;
    } else if (name.starts_with(kDevice) && name.size() > kDevice.size()) {
      allowed.devices.push_back(name.substr(kDevice.size()));
    } else {
      const std::string near = parser::find_nearest(
          name, {"network.host", "security.insecure", "device"});
      throw usage_error(
          fmt::format("--allow: unknown entitlement \"{}\"", name),
          near.empty() ? "it is one of network.host, security.insecure, "
                         "device[=NAME]"
                       : fmt::format("did you mean \"{}\"?", near));
    }
  }
}

}  // namespace cli

// The value of --allow: what a Dockerfile may ask for.
#pragma once

#include <string>

#include "builder/run_settings.h"

namespace cli {

// "network.host", "security.insecure", "device", "device=NAME", or several with
// commas between them. Throws: usage.
void add_entitlements(const std::string& word, builder::Entitlements& allowed);

}  // namespace cli

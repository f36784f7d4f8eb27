// The value of --add-host.
#pragma once

#include <string>

#include "builder/system_files.h"

namespace cli {

// NAME:ADDRESS, or with "=" as an address may have colons; ADDRESS may stand in
// brackets, or be "host-gateway", this machine as the sandbox sees it.
// Throws: usage.
builder::ExtraHost parse_host(const std::string& word);

}  // namespace cli

// The value of --network.
#pragma once

#include <string>

#include "builder/operation.h"

namespace cli {

// "default", "none" or "host". Throws: usage.
builder::NetworkMode read_network(const std::string& mode);

}  // namespace cli

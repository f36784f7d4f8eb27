// The sandbox of a failed step as JSON, to be read by the same version of
// strake: field by field as the structs have them, which is not the OCI
// runtime's config.json. Left out: locks, and proxies, which may hold
// passwords. Each byte of a text is a code point, since paths and variables
// need not be UTF-8.
#pragma once

#include <nlohmann/json.hpp>

#include "builder/failed_step.h"

namespace builder {

nlohmann::json render_sandbox(const StepSandbox& sandbox);

// Throws: nlohmann::json::exception for what it is not.
StepSandbox parse_sandbox(nlohmann::json json);

}  // namespace builder

// The sandbox of a failed step as JSON, to be read by the same version of
// strake: field by field as the structs have them, which is not the OCI
// runtime's config.json. Cache mounts' locks and resource limits are left out:
// who looks for what went wrong is not to be killed for it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "builder/failed_step.h"

namespace builder {

nlohmann::json render_sandbox(const StepSandbox& sandbox);

// Throws: nlohmann::json::exception for what it is not.
StepSandbox parse_sandbox(const nlohmann::json& json);

}  // namespace builder

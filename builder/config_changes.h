// Dockerfile instructions applied to a configuration alone, without a build:
// "strake import --change".
#pragma once

#include <string>
#include <vector>

#include "store/image_config.h"

namespace builder {

// Each change is one instruction, with the meaning it has in a Dockerfile; only
// those that touch no file are allowed: CMD, ENTRYPOINT, ENV, EXPOSE,
// HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR.
// Throws: invalid_dockerfile, with the change in the place of a line.
store::ContainerConfig change_config(const store::ImageConfig& config,
                                     const std::vector<std::string>& changes);

}  // namespace builder

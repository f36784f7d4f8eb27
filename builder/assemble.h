// From a solved plan to an image: configuration, history, tags.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "builder/plan.h"
#include "builder/solve.h"
#include "store/store.h"

namespace builder {

// The whole configuration. Times come from the layers (a cached step keeps the
// time it ran at), so a build that only hits gives the same image again; the
// plan's epoch replaces them.
store::ImageConfig make_image_config(const Plan& plan,
                                     const std::vector<StepResult>& results);

// Stores image and tags in one transaction, unless all is there already: then
// nothing is written. Returns the image ID.
base::Digest store_image(store::Store& store, const store::ImageConfig& config,
                         const std::vector<std::string>& tags);

// RFC 3339 in UTC: "2024-05-01T12:00:00Z".
std::string render_time(std::chrono::sys_seconds time);

}  // namespace builder

// Descriptors within documents (image-spec v1.1 descriptor.md). Private to the
// room, because it shows nlohmann's types.
#pragma once

#include "base/descriptor.h"
#include "store/json_object.h"

namespace store {

// Throws: invalid_input.
base::Descriptor read_descriptor(const JsonObject& object);
nlohmann::json write_descriptor(const base::Descriptor& descriptor);

}  // namespace store

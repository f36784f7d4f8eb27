// What a manifest says that it speaks of. For repository.cc alone; the rest of
// referrers is Repository's.
#pragma once

#include <optional>
#include <string>

#include "base/digest.h"

namespace registry {

// The manifest's "subject" (image-spec v1.1); nullopt where it has none.
std::optional<base::Digest> find_subject(const std::string& manifest);

}  // namespace registry

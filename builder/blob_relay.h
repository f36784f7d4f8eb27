// A blob's bytes out of the registries that have it, for who sends them on.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "registry/registries.h"

namespace builder {

using BlobSink = std::function<void(std::string_view bytes)>;

// Gives all of the blob to `sink`. `places`: full references or repositories,
// at least one, tried in turn; where one stops midway the next goes on, and
// what the sink has is not given again. That it is the blob is the sink's to
// compare. `on_gone` is told of each place that says it has no such blob.
// Throws: what the sink throws, as it is; cancelled; else what the last place
// said.
void relay_blob(registry::Registries& registries,
                std::span<const std::string> places,
                const base::Descriptor& blob, const BlobSink& sink,
                const std::function<void(const std::string& place)>& on_gone,
                const std::stop_token& stop);

}  // namespace builder

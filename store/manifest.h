// The image manifest (image-spec v1.1 manifest.md) and the layout's index.json
// (image-index.md), as far as one single-platform image needs them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"

namespace store {

struct Manifest {
  std::string media_type{base::media_type::kOciManifest};
  base::Descriptor config;
  std::vector<base::Descriptor> layers;  // bottom first
};

// Throws: invalid_input. Takes the Docker media types as well.
Manifest parse_manifest(std::string_view json);
std::string render_manifest(const Manifest& manifest);

// An index of these manifests, each with its annotations.
std::string render_index(const std::vector<base::Descriptor>& manifests);

}  // namespace store

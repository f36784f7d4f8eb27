// An image at a registry, known by its manifest and configuration: all that a
// plan wants of it, and little enough to ask for before anything is needed.
#pragma once

#include <stop_token>
#include <string>

#include "builder/platform.h"
#include "registry/registries.h"
#include "store/resolved_images.h"

namespace builder {

struct RemoteImage {
  store::ImageDocuments documents;
  base::Descriptor top;  // what its name leads to: the manifest, or an index
};

// The image that a tag, or a digest as text, means there for a machine of
// `platform`. Throws: not_found also where there is none for that platform;
// invalid_input for what is no image; as Repository.
RemoteImage find_remote_image(const registry::Repository& from,
                              const std::string& reference,
                              const Platform& platform,
                              const std::stop_token& stop);

// The same at whichever place serves the image.
RemoteImage find_remote_image(registry::Registries& registries,
                              const registry::Reference& reference,
                              const Platform& platform,
                              const std::stop_token& stop);

// A small blob, compared with its digest.
// Throws: corrupt, invalid_input when it is larger; as Repository.
std::string read_remote_blob(const registry::Repository& from,
                             const base::Descriptor& blob,
                             const std::stop_token& stop);

}  // namespace builder

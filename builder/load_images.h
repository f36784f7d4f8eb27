// Images that other tools wrote, into the store: an OCI image layout, what
// "docker save", podman and buildah write as a docker archive, or a directory
// of skopeo's "dir:"; see saved_files.h for where they may be.
//
// Every byte is compared with the digest it is named by before it is visible.
// Configuration, manifest and layers keep their bytes, so image ID, manifest
// digest and layer digests are those the image had elsewhere.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "builder/image_source.h"
#include "builder/save_images.h"
#include "builder/saved_files.h"
#include "store/store.h"

namespace builder {

// All images of an archive or none, then each handed to `loaded`; one that
// several names lead to comes once. Of an image for several platforms
// the one for this machine. Throws: invalid_input, corrupt, not_found (a file
// that the archive lacks), unsupported, cancelled, system.
void load_images(store::Store& store, const SavedFiles& files,
                 const store::Lease& lease,
                 const std::function<void(const NamedImage&)>& loaded,
                 base::Trace* trace = nullptr);

// The ID of one image of an image layout (layout_choice.h says which), brought
// into the store without a name unless it is there already.
// Throws: the same.
base::Digest load_layout_image(store::Store& store, const SavedFiles& files,
                               const store::Lease& lease,
                               const LayoutImage& wanted,
                               base::Trace* trace = nullptr);

}  // namespace builder

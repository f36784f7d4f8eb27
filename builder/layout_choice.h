// Which image of an OCI image layout "oci-layout://DIR[:TAG|@DIGEST]" means.
#pragma once

#include <string_view>
#include <vector>

#include "store/manifest.h"

namespace builder {

// The entries of the layout's index for a digest ("sha256:…"), or for a tag:
// what an entry gives as its name in the layout, or the tag of its whole name.
// Neither means the layout's only image, else the one tagged "latest".
// Several entries are one image for several platforms.
// Throws: not_found, with what the layout has.
std::vector<store::IndexEntry> choose_layout_entries(
    std::vector<store::IndexEntry> entries, std::string_view reference);

}  // namespace builder

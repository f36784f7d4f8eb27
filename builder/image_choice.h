// Which of the images that an index lists is meant, and by what name: what
// image-spec v1.1 annotations.md leaves to the tools that write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "builder/platform.h"
#include "store/manifest.h"

namespace builder {

// A reference in full, or nullopt for what cannot name an image.
std::optional<std::string> find_image_name(const std::string& text);

// The name that a layout's index gives to an image. containerd and Docker write
// the full name (io.containerd.image.name). Others write what the user gave as
// a reference within the layout (org.opencontainers.image.ref.name), a name or
// no more than a tag; and umoci copies the full name to what it gives another
// tag, so that counts only where the two agree. "latest" alone names nothing.
std::optional<std::string> find_layout_name(const base::Descriptor& descriptor);

// Signatures and the like that BuildKit keeps beside an image.
bool is_attestation(const store::IndexEntry& entry);

// Of entries that are one image for several platforms the one that a machine of
// `platform` runs best; a single one whatever it is for. What says nothing of a
// platform is for any. `what` names them in messages. Throws: not_found, with
// the platforms there are; invalid_input when several are equally good.
store::IndexEntry choose_image(std::vector<store::IndexEntry> entries,
                               const Platform& platform, std::string_view what);

}  // namespace builder

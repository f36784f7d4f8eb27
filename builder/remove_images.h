// Removing images, and the layers that nothing needs once they are gone.
//
// A layer that a step's record leads to stays: it is build cache now, which the
// next build may find and prune_cache.h takes. So does one that a process uses.
// Images go a few at a time and their files with them: on a full disk the first
// few make the room in which the database notes the rest.
#pragma once

#include <cstdint>
#include <vector>

#include "store/store.h"

namespace builder {

struct RemovedImages {
  std::vector<store::Image> images;
  std::uint64_t freed_bytes = 0;   // of layers' files, and of blobs
  std::uint64_t cached_bytes = 0;  // of their layers that are build cache now
};

enum class Named { are_spared, are_removed };

// What got a name meanwhile, or lost its image, is not an error. An image all
// of whose layers a running process holds is left alone.
// Throws: system, denied.
RemovedImages remove_images(store::Store& store,
                            const std::vector<store::Image>& images,
                            Named named);

// Forgets layers that neither an image, nor a record, nor a process needs, and
// removes what nothing mentions any more. Returns the bytes of their files.
std::uint64_t remove_unneeded_layers(store::Store& store);

}  // namespace builder

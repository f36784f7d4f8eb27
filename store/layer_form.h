// What the parts of LayerStore share: a layer's directory as bytes, what its
// blobs are called, and where its pieces lie on disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"
#include "store/byte_stream.h"
#include "store/decompressor.h"
#include "store/layer_index.h"
#include "store/layer_io.h"
#include "store/layer_unpacker.h"
#include "store/lease.h"

namespace store {

// The canonical tar of a layer's directory. Throws: system.
void encode_directory(LayerIo& io, const std::filesystem::path& directory,
                      const ByteSink& sink);

// A directory that a tar was just unpacked into, and the frame of its canonical
// tar (tar_frame.h).
struct UnpackedTree {
  LayerIndex index;
  base::Digest frame;
};

// Reads the files that are not among `contents`; of the others what passed is
// what was written. Throws: system, invalid_input, cancelled.
UnpackedTree read_unpacked(LayerIo& io, const Lease& lease,
                           const std::filesystem::path& directory,
                           const ContentDigests& contents);

// Whether the directory is what the index says, down to every byte.
// Throws: system.
bool is_undamaged(LayerIo& io, const std::filesystem::path& directory,
                  const LayerIndex& index);

// The type of a layer's blob in this compression (image-spec v1.1 layer.md).
std::string_view media_type_of(Packing packing);

base::Error unknown_layer(const base::Digest& diff_id);

// The name in overlay2/l: 26 characters made from the diffID, as long as the
// names Docker's driver makes up.
std::string short_name(const base::Digest& diff_id);

}  // namespace store

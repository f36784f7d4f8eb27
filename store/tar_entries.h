// What a tar says of the files in it, by the rules that it is unpacked by, and
// nothing is written: for who has to know what a layer is that this machine
// cannot hold as it is (no such xattr, no such device).
//
// Throws: invalid_input for what cannot be unpacked, a hard link to a file of a
// lower layer among it; what the source throws.
#pragma once

#include "store/byte_stream.h"
#include "store/layer_index.h"

namespace store {

// All of it is read. In any compression. The memory that it takes is bounded
// as in layer_unpacker.h.
LayerIndex read_tar_entries(const ByteSource& tar);

}  // namespace store

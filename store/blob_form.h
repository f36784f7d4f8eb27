// How the bytes of a layer's blob came to be: the columns compressor, version
// and level of layer_blobs and layer_locations.
//
// Two blobs of one tar and one form have the same bytes, so a blob that is
// known to be somewhere need not be made to learn its digest.
#pragma once

#include <string>

namespace store {

// What a blob may be made with.
enum class Compression { none, gzip, zstd };

struct BlobForm {
  std::string compressor;  // "isa-l"; empty when it came from elsewhere
  std::string version;     // of the compressor and its framing
  int level = 0;

  // Of what this strake makes now. Throws: unsupported where the library of a
  // compression cannot be loaded.
  static BlobForm of(Compression compression);
  // Made by others, in a way that is not known.
  bool is_foreign() const noexcept { return compressor.empty(); }
  bool operator==(const BlobForm&) const = default;
};

}  // namespace store

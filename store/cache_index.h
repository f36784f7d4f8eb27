// What a build cache outside of a store holds: records, the layers they lead
// to, and cache mounts. It travels as an OCI image manifest, which every
// registry takes, so a directory (an OCI image layout) and a repository hold
// the same blobs.
//
//   manifest   image-spec v1.1 manifest.md, media type of an image's manifest
//     config   this index: JSON, kCacheConfigType. Keys are looked up with the
//              manifest and this blob alone.
//     layers   in this order, each blob once:
//       - the layers' tars, with an image layer's media types
//       - the layers' indexes (layer_index.h), zstd, kCacheLayerIndexType
//       - the lists of cache mounts' chunks (mount_list.h), zstd,
//         kCacheMountListType, and the chunks, zstd, kCacheChunkType
//       An empty cache has image-spec's empty blob "{}", as strict registries
//       want one at least.
//
// The JSON of format 1; times are seconds since the epoch, digests
// "sha256:<hex>", a descriptor is image-spec's (mediaType, digest, size):
//
//   {"version": 1,
//    "records": [{"key", "operation", "parent", "diff_id", "stable_digest",
//                 "created", "recorded", "elapsed_ms", "used", "title"}],
//    "layers":  [{"diff_id", "stable_digest", "tar_bytes", "blob",
//                 "index", "index_bytes"}],
//    "bases":   [{"diff_id", "stable_digest", "tar_bytes",
//                 "index", "index_bytes", "used"}],
//    "mounts":  [{"id", "content", "tar_bytes", "list"}]}
//
// "bases" are layers of the images that steps stand on: what a machine has to
// know of them to find the steps' keys without them. Their bytes are elsewhere,
// at the image's registry, so no record leads to one; each stays as long as it
// is used itself. Strakes that know no "bases" leave them out when they write.
//
// Records are sorted by key, layers and bases by diff_id, mounts by id. "used"
// is when a build last exported the record or base, to the day, so that
// exporting the same again writes nothing. A layer without "index" can be read
// only whole.
//
// Within an image (an inline cache), the same document stands as text in the
// configuration's "strake.cache.v1"; its layers have no blobs, as they are
// those of the image, and its bases no indexes.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/digest.h"

namespace store {

inline constexpr std::string_view kCacheConfigType =
    "application/vnd.strake.cache.config.v1+json";
inline constexpr std::string_view kCacheLayerIndexType =
    "application/vnd.strake.cache.layer.index.v1+zstd";
inline constexpr std::string_view kCacheMountListType =
    "application/vnd.strake.cache.mount.list.v1+zstd";
inline constexpr std::string_view kCacheChunkType =
    "application/vnd.strake.cache.mount.chunk.v1+zstd";

// As CacheRecord, less what only its own store needs.
struct CachedStep {
  base::Digest key;
  base::Digest operation;
  base::Digest parent;
  base::Digest diff_id;
  base::Digest stable_digest;  // of the step's result, as its record has it
  std::chrono::sys_seconds created{};
  std::chrono::sys_seconds recorded{};
  std::chrono::milliseconds elapsed{};
  std::chrono::sys_seconds used{};
  std::string title;  // for people: "RUN make"
};

struct CachedLayer {
  base::Digest diff_id;
  base::Digest stable_digest;  // LayerIndex::stable_digest
  std::uint64_t tar_bytes = 0;
  base::Descriptor blob;                  // unset digest: the layer's bytes are
                                          // found by its diff_id
  std::optional<base::Descriptor> index;  // of its LayerIndex, compressed
  std::uint64_t index_bytes = 0;          // uncompressed
};

struct CachedBase {
  CachedLayer layer;  // without its blob
  std::chrono::sys_seconds used{};
};

struct CachedMount {
  std::string id;
  base::Digest content;         // of the whole, as MountList has it
  std::uint64_t tar_bytes = 0;  // uncompressed
  base::Descriptor list;
};

struct CacheIndex {
  std::map<base::Digest, CachedStep> records;  // by key
  std::map<base::Digest, CachedLayer> layers;  // by diff_id
  std::map<base::Digest, CachedBase> bases;    // by diff_id
  std::map<std::string, CachedMount> mounts;   // by id
};

// Throws: unsupported for another format; invalid_input for what cannot be
// right, impossible times and sizes among it.
CacheIndex parse_cache_index(std::string_view json);
std::string render_cache_index(const CacheIndex& index);

}  // namespace store

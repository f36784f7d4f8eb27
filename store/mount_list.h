// What a cache mount is made of when it travels (cache_index.h): one tar in the
// canonical encoding (tar_encoder.h), cut into chunks by its content
// (content_chunks.h), each a blob of zstd. As JSON, format 1:
//
//   {"version": 1, "mode": 493, "uid": 0, "gid": 0,   the directory itself
//    "chunks": [{"content": "sha256:…", "bytes": 1310720,
//                "blob": {a descriptor}}]}
//
// "content" and "bytes" are of the chunk before it is compressed: a chunk whose
// content was exported before is neither compressed nor written again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/digest.h"
#include "store/entry.h"

namespace store {

struct MountChunk {
  base::Digest content;
  std::uint64_t bytes = 0;
  base::Descriptor blob;
};

struct MountList {
  std::uint32_t mode = 0;
  Owner owner;
  std::vector<MountChunk> chunks;

  // Equal for mounts that differ in nothing.
  base::Digest content() const;
  std::uint64_t tar_bytes() const noexcept;
};

// Throws: invalid_input, unsupported.
MountList parse_mount_list(std::string_view json);
std::string render_mount_list(const MountList& list);

}  // namespace store

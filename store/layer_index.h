// The entries of one layer, sorted by path_less: what answers questions about a
// layer without mounting it or touching its files.
//
// The file, all numbers little-endian:
//
//   8 bytes   "strakeLX"
//   u32       version of this form, 1
//   u32       crc32 (gzip's polynomial) of the body
//   u64       size of the body
//   body      varint count, then that many entries
//
// An entry holds, in this order: varint number of bytes shared with the path
// before it; text, the rest of its path; u8 type + 0x80 when opaque; varints
// mode, uid, gid, seconds (zigzag), nanoseconds; varint number of xattrs and
// two texts for each; then a regular file's varint size and 32 bytes of sha256,
// a link's target as text, a device's varints major and minor. A text is a
// varint length and its bytes; a varint has seven bits a byte, lowest first.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/entry.h"

namespace store {

class LayerIndex {
 public:
  LayerIndex() = default;
  // Sorts. Throws: invalid_input when two entries have one path.
  explicit LayerIndex(std::vector<Entry> entries);

  // Throws: corrupt, not_found.
  static LayerIndex read(const std::filesystem::path& file);
  // The inverse of render(). A few bytes can stand for long paths, and for many
  // of them: of what a stranger wrote, no more is unpacked than has room in
  // `most_memory_bytes`. Throws: corrupt.
  static LayerIndex parse(std::string_view bytes,
                          std::uint64_t most_memory_bytes = UINT64_MAX);
  std::string render() const;

  std::span<const Entry> entries() const noexcept { return entries_; }
  const Entry* find(std::string_view path) const noexcept;
  // Everything strictly below `directory`.
  std::span<const Entry> below(std::string_view directory) const noexcept;

  // H(hash_stable of every entry in order): equal for layers that differ in
  // nothing but times.
  base::Digest stable_digest() const;
  // Sum of the sizes of its regular files.
  std::uint64_t file_bytes() const noexcept;
  // What the entries take of this process's memory, about.
  std::uint64_t memory_bytes() const noexcept;

 private:
  std::vector<Entry> entries_;
};

}  // namespace store

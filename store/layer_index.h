// The entries of one layer, sorted by path_less: what answers questions about a
// layer without mounting it or touching its files.
#pragma once

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

 private:
  std::vector<Entry> entries_;
};

}  // namespace store

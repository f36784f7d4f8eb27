// What a stack of layers carries for nothing: bytes of lower layers that no
// longer show, because a layer above deletes the file, replaces it, or holds
// it once more when only its owner, mode or time was to change. An image that
// is pushed or pulled pays for all of it.
//
// Read from the layers' indexes alone, in one merge of the sorted lists: the
// time grows with the number of entries, no file is touched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/layer_index.h"

namespace store {

enum class WasteKind : std::uint8_t {
  deleted,     // the path is gone, or a directory above it
  replaced,    // by other bytes, or by what is no file
  attributes,  // the same bytes with another owner, mode or xattr
  rewritten,   // the same bytes and attributes: at most the time differs
};
inline constexpr std::size_t kWasteKinds = 4;

// "deleted", "replaced", "attributes", "rewritten".
std::string_view render_waste_kind(WasteKind kind) noexcept;

struct WastedFile {
  std::string path;  // relative to the root, as in an index
  std::uint64_t size_bytes = 0;
  std::size_t layer = 0;      // which holds the bytes; 0 is the bottom
  std::size_t hidden_by = 0;  // which made them useless
  WasteKind kind = WasteKind::deleted;
};

struct LayerWaste {
  std::uint64_t file_bytes = 0;  // that the layer adds
  std::size_t files = 0;
  // Of layers below, that this one makes useless.
  std::uint64_t wasted_bytes = 0;
  std::size_t wasted_files = 0;
};

struct StackWaste {
  std::vector<LayerWaste> layers;  // bottom first
  std::uint64_t wasted_bytes = 0;
  std::size_t wasted_files = 0;
  std::array<std::uint64_t, kWasteKinds> bytes_by_kind{};
  std::vector<WastedFile> biggest;  // the biggest first
};

// `layers` bottom first; at most `most_files` files are named. A file with
// several hard links is wasted when the last of its names is.
StackWaste measure_waste(
    std::span<const std::shared_ptr<const LayerIndex>> layers,
    std::size_t most_files);

}  // namespace store

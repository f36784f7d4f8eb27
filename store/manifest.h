// The image manifest (image-spec v1.1 manifest.md) and the index of manifests
// (image-index.md), which is also a layout's index.json; Docker's media types
// for both are the same documents.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"

namespace store {

// No larger manifest, index or key index of a cache (cache_index.h) is read
// from elsewhere; so none is written.
inline constexpr std::uint64_t kMostDocumentBytes = std::uint64_t{16} << 20U;

struct Manifest {
  std::string media_type{base::media_type::kOciManifest};
  base::Descriptor config;
  std::vector<base::Descriptor> layers;  // bottom first
};

// Throws: invalid_input. Takes the Docker media types as well.
Manifest parse_manifest(std::string_view json);
std::string render_manifest(const Manifest& manifest);

// What an index says of a manifest, or of another index.
struct IndexEntry {
  base::Descriptor descriptor;
  // Empty where the index does not say.
  std::string os = {};
  std::string architecture = {};
  std::string variant = {};

  bool is_index() const;
  // "linux/arm64/v8".
  std::string platform() const;
};

// Those that can be asked for: entries with a digest of another algorithm than
// sha256 are left out. Throws: invalid_input, also where there are no others.
std::vector<IndexEntry> parse_index(std::string_view json);

std::string render_index(const std::vector<IndexEntry>& entries);

// The index `before` without the entries that are replaced, and with `added`
// behind the others. Those and the index itself stay what they were, with all
// that IndexEntry does not know of them (artifactType, urls, data, os.version,
// annotations, subject); so do entries that cannot be read, as they have a
// digest of another algorithm, say: nobody replaces them.
// Throws: invalid_input where `before` is no index.
std::string edit_index(
    std::string_view before,
    const std::function<bool(const IndexEntry&)>& is_replaced,
    const std::vector<IndexEntry>& added);

}  // namespace store

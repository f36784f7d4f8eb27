// OCI content descriptor: image-spec v1.1 descriptor.md. What a thing is, its
// digest and its size; the field's word for a reference to a blob.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace base {

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size_bytes = 0;
  std::map<std::string, std::string> annotations;

  bool operator==(const Descriptor&) const = default;
};

// image-spec v1.1 media-types.md, and the Docker types they correspond to.
namespace media_type {
extern const std::string_view kOciIndex;
extern const std::string_view kOciManifest;
extern const std::string_view kOciConfig;
extern const std::string_view kOciLayerTar;
extern const std::string_view kOciLayerTarGzip;
extern const std::string_view kOciLayerTarZstd;
extern const std::string_view kDockerManifestList;
extern const std::string_view kDockerManifest;
extern const std::string_view kDockerConfig;
extern const std::string_view kDockerLayerTarGzip;
}  // namespace media_type

}  // namespace base

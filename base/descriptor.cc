#include "base/descriptor.h"

namespace base::media_type {

const std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
const std::string_view kOciManifest =
    "application/vnd.oci.image.manifest.v1+json";
const std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
const std::string_view kOciLayerTar = "application/vnd.oci.image.layer.v1.tar";
const std::string_view kOciLayerTarGzip =
    "application/vnd.oci.image.layer.v1.tar+gzip";
const std::string_view kOciLayerTarZstd =
    "application/vnd.oci.image.layer.v1.tar+zstd";
const std::string_view kDockerManifestList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
const std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
const std::string_view kDockerConfig =
    "application/vnd.docker.container.image.v1+json";
const std::string_view kDockerLayerTarGzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";

}  // namespace base::media_type

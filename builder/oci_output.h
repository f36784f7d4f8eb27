// An image as an OCI image layout (image-spec v1.1 image-layout.md): a
// directory, or the same in one tar. Layers are gzip; manifest, configuration
// and index are made so that the same image gives the same bytes.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/digest.h"
#include "store/store.h"

namespace builder {

enum class LayoutForm { archive, directory };

// `names` become org.opencontainers.image.ref.name annotations: the tag part
// for a tool that opens the layout, the full reference under Docker's key.
// An existing file is replaced only when the new one is whole.
// Returns the manifest's digest. Throws: system, denied, cancelled.
base::Digest write_oci_layout(store::Store& store, const base::Digest& image,
                              const std::vector<std::string>& names,
                              const std::filesystem::path& destination,
                              LayoutForm form, std::stop_token stop);

}  // namespace builder

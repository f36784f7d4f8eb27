// Images written out for other tools: an OCI image layout (image-spec v1.1
// image-layout.md), or what "docker save" writes, which is that layout with
// Docker's manifest.json beside it. Equal images give equal bytes.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/trace.h"
#include "builder/layout_writer.h"
#include "store/store.h"

namespace builder {

// An image and the full references it goes under, if any. They become
// org.opencontainers.image.ref.name (the tag, for a tool that opens the
// layout), io.containerd.image.name (in full) and Docker's RepoTags.
struct NamedImage {
  base::Digest id;
  std::vector<std::string> names;
};

enum class SaveFormat { oci, docker };

struct SaveOptions {
  SaveFormat format = SaveFormat::oci;
  LayoutForm form = LayoutForm::archive;
  // Unset: an image that came with a manifest keeps it, and the bytes it names
  // (except zstd for Docker); others get gzip in an OCI layout and plain tars
  // for Docker, as its own tools have it.
  std::optional<store::Compression> compression;
  base::Trace* trace = nullptr;
};

// `destination` "-" is standard output. An existing file is replaced only when
// the new one is whole; a directory that is a layout already keeps the images
// that go under other names. Throws: system, denied, cancelled; not_found,
// corrupt for what is missing or damaged in the store.
void save_images(store::Store& store, const std::vector<NamedImage>& images,
                 const SaveOptions& options,
                 const std::filesystem::path& destination,
                 std::stop_token stop);

}  // namespace builder

#include "builder/save_images.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "registry/reference.h"
#include "store/docker_archive.h"
#include "store/manifest.h"

namespace builder {
namespace {

constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";
constexpr std::size_t kBufferBytes = 256U << 10U;
constexpr std::uint64_t kMaxIndexBytes = 16U << 20U;

// One image as it is going to be written.
struct Prepared {
  const NamedImage* image = nullptr;
  std::string config;
  store::Manifest manifest;
  std::string manifest_text;
  std::vector<base::Digest> diff_ids;
};

std::string blob_path(const base::Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

// A manifest of Docker's in OCI's words, which tools that read layouts want:
// the same blobs.
store::Manifest& translate(store::Manifest& manifest) {
  manifest.media_type = base::media_type::kOciManifest;
  manifest.config.media_type = base::media_type::kOciConfig;
  for (base::Descriptor& layer : manifest.layers) {
    layer.media_type = layer.media_type.ends_with("gzip")
                           ? base::media_type::kOciLayerTarGzip
                       : layer.media_type.ends_with("zstd")
                           ? base::media_type::kOciLayerTarZstd
                           : base::media_type::kOciLayerTar;
  }
  return manifest;
}

bool has_zstd(const store::Manifest& manifest) {
  return std::any_of(manifest.layers.begin(), manifest.layers.end(),
                     [](const base::Descriptor& layer) {
                       return layer.media_type.ends_with("zstd");
                     });
}

// The manifest the image came with, while all it names is still here.
bool use_own_manifest(store::Store& store, const store::Lease& lease,
                      SaveFormat format, Prepared& prepared) {
  const auto text = store.images().find_manifest(prepared.image->id);
  if (!text) return false;
  store::Manifest manifest = store::parse_manifest(*text);
  // Versions of Docker before 23 cannot load such layers.
  if (format == SaveFormat::docker && has_zstd(manifest)) return false;
  if (manifest.layers.size() != prepared.diff_ids.size()) return false;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const base::Descriptor& layer = manifest.layers[i];
    if (store.layers().find_blob_size(lease, prepared.diff_ids[i],
                                      layer.digest) != layer.size_bytes) {
      return false;
    }
  }
  const bool is_ocis = manifest.media_type == base::media_type::kOciManifest;
  prepared.manifest_text = format == SaveFormat::oci && !is_ocis
                               ? store::render_manifest(translate(manifest))
                               : *text;
  prepared.manifest = std::move(manifest);
  return true;
}

base::Descriptor describe_layer(store::Store& store, const store::Lease& lease,
                                const base::Digest& diff_id,
                                store::Compression compression,
                                base::Trace* trace) {
  if (compression != store::Compression::none) {
    base::Span span(trace, "output", "compress");
    span.add("layer", diff_id);
    return store.layers().ensure_blob(lease, diff_id, compression);
  }
  // A plain tar is made while it is written.
  const auto layer = store.layers().find(diff_id);
  if (!layer) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("layer {} is not in the store", diff_id.str()));
  }
  return {std::string(base::media_type::kOciLayerTar),
          diff_id,
          layer->tar_bytes,
          {}};
}

Prepared prepare(store::Store& store, const store::Lease& lease,
                 const NamedImage& image, const SaveOptions& options) {
  Prepared prepared;
  prepared.image = &image;
  prepared.diff_ids = store.images().config(image.id).diff_ids;
  prepared.config = store.blobs().read(image.id);
  if (!options.compression &&
      use_own_manifest(store, lease, options.format, prepared)) {
    return prepared;
  }
  const auto compression = options.compression.value_or(
      options.format == SaveFormat::docker ? store::Compression::none
                                           : store::Compression::gzip);
  prepared.manifest.config = {std::string(base::media_type::kOciConfig),
                              image.id,
                              prepared.config.size(),
                              {}};
  for (const base::Digest& diff_id : prepared.diff_ids) {
    prepared.manifest.layers.push_back(
        describe_layer(store, lease, diff_id, compression, options.trace));
  }
  prepared.manifest_text = store::render_manifest(prepared.manifest);
  return prepared;
}

// Whether one name cannot lead to both.
bool is_replaced(const base::Descriptor& old, const base::Descriptor& entry) {
  for (const char* key :
       {"io.containerd.image.name", "org.opencontainers.image.ref.name"}) {
    const auto before = old.annotations.find(key);
    const auto now = entry.annotations.find(key);
    if (before != old.annotations.end() && now != entry.annotations.end()) {
      return before->second == now->second;  // the whole name says it all
    }
  }
  return old.digest == entry.digest;
}

// What index.json says; where there is one in a directory, images of others
// stay in it.
std::string render_index(const std::vector<Prepared>& all,
                         const std::filesystem::path& before) {
  std::vector<store::IndexEntry> entries;
  for (const Prepared& prepared : all) {
    const base::Descriptor manifest = {prepared.manifest.media_type,
                                       base::Digest::of(prepared.manifest_text),
                                       prepared.manifest_text.size(),
                                       {}};
    for (const std::string& name : prepared.image->names) {
      base::Descriptor named = manifest;
      const auto reference = registry::parse_reference(name);
      named.annotations["io.containerd.image.name"] = reference.full();
      named.annotations["org.opencontainers.image.ref.name"] =
          reference.tag.value_or("latest");
      entries.push_back({std::move(named)});
    }
    if (prepared.image->names.empty()) {
      entries.push_back({manifest});
    }
  }
  const auto file =
      before.empty() ? std::nullopt : base::find_file(before, O_RDONLY);
  if (!file) return store::render_index(entries);
  const auto is_old = [&](const store::IndexEntry& old) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const store::IndexEntry& entry) {
                         return is_replaced(old.descriptor, entry.descriptor);
                       });
  };
  try {
    return store::edit_index(base::read_all(*file, kMaxIndexBytes), is_old,
                             entries);
  } catch (base::Error& error) {
    error.add_context(before.native());
    throw;
  }
}

std::string render_docker_manifest(const std::vector<Prepared>& all) {
  std::vector<store::DockerArchiveImage> images;
  for (const Prepared& prepared : all) {
    store::DockerArchiveImage image;
    image.config = blob_path(prepared.image->id);
    for (const std::string& name : prepared.image->names) {
      image.repo_tags.push_back(registry::parse_reference(name).familiar());
    }
    for (const base::Descriptor& layer : prepared.manifest.layers) {
      image.layers.push_back(blob_path(layer.digest));
    }
    images.push_back(std::move(image));
  }
  return store::render_docker_archive(images);
}

void write_layer(store::Store& store, const store::Lease& lease,
                 const base::Digest& diff_id, const base::Descriptor& layer,
                 const store::ByteSink& sink) {
  const auto checked = [&](std::string_view bytes) {
    lease.throw_if_stopped();
    sink(bytes);
  };
  if (layer.digest == diff_id) {
    store.layers().write_tar(diff_id, checked);
    return;
  }
  const auto blob = store.blobs().find(layer.digest);
  if (!blob) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("blob {} is not in the store", layer.digest.str()));
  }
  base::Hasher hasher;
  std::vector<std::byte> buffer(kBufferBytes);
  while (const std::size_t count =
             base::read_some(*blob, buffer.data(), buffer.size())) {
    const std::string_view bytes(reinterpret_cast<const char*>(buffer.data()),
                                 count);
    hasher.update(bytes);
    checked(bytes);
  }
  if (hasher.finish() != layer.digest) {
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("blob {} was changed in the store", layer.digest.str()));
  }
}

}  // namespace

void save_images(store::Store& store, const std::vector<NamedImage>& images,
                 const SaveOptions& options,
                 const std::filesystem::path& destination,
                 std::stop_token stop) {
  store::Lease lease = store.lease();
  lease.stop_on(stop);
  std::vector<Prepared> all;
  all.reserve(images.size());
  for (const NamedImage& image : images) {
    all.push_back(prepare(store, lease, image, options));
  }

  // What says what the rest is comes first: a reader of a stream then knows.
  const auto writer = open_layout_writer(destination, options.form, stop);
  writer->add("oci-layout", kLayoutFile);
  writer->add("index.json",
              render_index(all, options.form == LayoutForm::directory
                                    ? destination / "index.json"
                                    : std::filesystem::path()));
  if (options.format == SaveFormat::docker) {
    writer->add("manifest.json", render_docker_manifest(all));
  }
  writer->add_directory("blobs");
  writer->add_directory("blobs/sha256");
  std::set<base::Digest> written;
  for (const Prepared& prepared : all) {
    const base::Digest manifest = base::Digest::of(prepared.manifest_text);
    if (written.insert(manifest).second) {
      writer->add(blob_path(manifest), prepared.manifest_text);
    }
    if (written.insert(prepared.image->id).second) {
      writer->add(blob_path(prepared.image->id), prepared.config);
    }
    for (std::size_t i = 0; i < prepared.manifest.layers.size(); ++i) {
      const base::Descriptor& layer = prepared.manifest.layers[i];
      if (!written.insert(layer.digest).second) continue;
      writer->add_blob(blob_path(layer.digest), layer.size_bytes,
                       [&](const store::ByteSink& sink) {
                         base::Span span(options.trace, "output", "layer");
                         span.add("blob", layer.digest);
                         span.add("bytes", layer.size_bytes);
                         write_layer(store, lease, prepared.diff_ids[i], layer,
                                     sink);
                       });
    }
  }
  writer->finish();
}

}  // namespace builder

#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "store/archive_reader.h"
#include "store/blob_store.h"
#include "store/decompressor.h"
#include "store/hash_thread.h"
#include "store/layer_store.h"
#include "store/layer_unpacker.h"

namespace store {
namespace {

constexpr std::size_t kBufferBytes = 256U * 1024U;

std::string_view media_type_of(Packing packing) {
  switch (packing) {
    case Packing::gzip:
      return base::media_type::kOciLayerTarGzip;
    case Packing::zstd:
      return base::media_type::kOciLayerTarZstd;
    case Packing::none:
      return base::media_type::kOciLayerTar;
    // Images have no such layers, but archives of images may: the specification
    // knows no type for them, and nothing is asked for by these.
    case Packing::bzip2:
      return "application/vnd.oci.image.layer.v1.tar+bzip2";
    case Packing::xz:
      return "application/vnd.oci.image.layer.v1.tar+xz";
  }
  return {};
}

// The tar's bytes on their way from its source to the archive reader: kept as
// they came, and hashed as they are uncompressed.
class TarStream {
 public:
  TarStream(const ByteSource& source, BlobWriter writer)
      : source_(source),
        writer_(std::move(writer)),
        decompressor_([this](std::byte* buffer, std::size_t size) {
          return keep(buffer, size);
        }) {}

  std::size_t read(std::byte* buffer, std::size_t size) {
    const std::size_t count = decompressor_.read(buffer, size);
    hash_.update({reinterpret_cast<const char*>(buffer), count});
    size_bytes_ += count;
    return count;
  }

  // What follows the last member belongs to the digest and to the blob.
  void drain() {
    std::vector<std::byte> buffer(kBufferBytes);
    while (read(buffer.data(), buffer.size()) != 0) {
    }
    while (keep(buffer.data(), buffer.size()) != 0) {
    }
  }

  base::Digest diff_id() { return hash_.finish(); }
  std::uint64_t size_bytes() const noexcept { return size_bytes_; }

  base::Descriptor commit_blob() {
    base::Descriptor blob;
    blob.media_type = media_type_of(decompressor_.packing());
    blob.size_bytes = writer_.size_bytes();
    blob.digest = writer_.commit();
    return blob;
  }

 private:
  std::size_t keep(std::byte* buffer, std::size_t size) {
    const std::size_t count = source_(buffer, size);
    writer_.append({reinterpret_cast<const char*>(buffer), count});
    return count;
  }

  const ByteSource& source_;
  BlobWriter writer_;
  Decompressor decompressor_;
  HashThread hash_;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace

Layer LayerStore::extract(const Lease& lease, const ByteSource& tar,
                          std::span<const base::Digest> parents) {
  const std::filesystem::path directory = lease.make_directory("extract");
  TarStream stream(tar, blobs_.ingest(lease));
  {
    std::optional<MergedTree> lower;
    const auto writer = io_.write(directory);
    LayerUnpacker unpacker(*writer, [&]() -> const MergedTree& {
      if (!lower) lower.emplace(merged(parents));
      return *lower;
    });
    ArchiveReader archive([&stream](std::byte* buffer, std::size_t size) {
      return stream.read(buffer, size);
    });
    while (auto entry = archive.next()) {
      unpacker.take(std::move(*entry), archive);
    }
    unpacker.finish();
  }
  stream.drain();

  SealedLayer sealed = seal(lease, directory);
  const base::Digest diff_id = stream.diff_id();
  if (sealed.diff_id != diff_id) {
    sealed.source = LayerSource::blob;
    sealed.diff_id = diff_id;
    sealed.tar_bytes = stream.size_bytes();
    sealed.blob = stream.commit_blob();
  }
  return publish(lease, std::move(sealed));
}

}  // namespace store

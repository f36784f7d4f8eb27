// A layer's tar as blobs: found, made, and read back.
#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "store/blob_store.h"
#include "store/database.h"
#include "store/decompressor.h"
#include "store/gzip_writer.h"
#include "store/hash_thread.h"
#include "store/layer_form.h"
#include "store/layer_store.h"
#include "store/layer_store_state.h"
#include "store/tar_encoder.h"
#include "store/zstd_writer.h"

namespace store {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10U;

Packing packing_of(Compression compression) {
  switch (compression) {
    case Compression::none:
      return Packing::none;
    case Compression::gzip:
      return Packing::gzip;
    case Compression::zstd:
      return Packing::zstd;
  }
  return Packing::none;
}

// Takes whole what one compressed blob holds.
void decompress(base::Fd blob, const ByteSink& sink) {
  Decompressor decompressor([&blob](std::byte* buffer, std::size_t size) {
    return base::read_some(blob, buffer, size);
  });
  std::vector<std::byte> buffer(kBufferBytes);
  while (const std::size_t count =
             decompressor.read(buffer.data(), buffer.size())) {
    sink({reinterpret_cast<const char*>(buffer.data()), count});
  }
}

// Its bytes as they are.
void copy_blob(const BlobStore& blobs, const base::Digest& digest,
               const ByteSink& sink) {
  const auto file = blobs.find(digest);
  if (!file) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("blob {} is not stored", digest.str()));
  }
  std::vector<std::byte> buffer(kBufferBytes);
  while (const std::size_t count =
             base::read_some(*file, buffer.data(), buffer.size())) {
    sink({reinterpret_cast<const char*>(buffer.data()), count});
  }
}

base::Error damaged_blob(const base::Digest& digest) {
  return base::Error(
             base::ErrorKind::corrupt,
             fmt::format("blob {} was changed in the store", digest.str()))
      .hint("\"strake system check\" names what is damaged");
}

// The bytes that `write` gives to its sink, compressed.
template <typename Write>
void compress(Compression compression, const ByteSink& to, const Write& write) {
  switch (compression) {
    case Compression::none:
      write(to);
      return;
    case Compression::gzip: {
      GzipWriter gzip(to);
      write([&gzip](std::string_view bytes) { gzip.write(bytes); });
      gzip.finish();
      return;
    }
    case Compression::zstd: {
      ZstdWriter zstd(to);
      write([&zstd](std::string_view bytes) { zstd.write(bytes); });
      zstd.finish();
      return;
    }
  }
}

}  // namespace

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

std::string_view media_type_of(Compression compression) {
  return media_type_of(packing_of(compression));
}

base::Error unknown_layer(const base::Digest& diff_id) {
  return base::Error(
      base::ErrorKind::not_found,
      fmt::format("layer {} is not in the store", diff_id.brief()));
}

BlobForm BlobForm::of(Compression compression) {
  switch (compression) {
    case Compression::none:
      return {"none", "", 0};
    case Compression::gzip:
      return {std::string(kGzipCompressor), gzip_version(), kGzipLevel};
    case Compression::zstd:
      return {std::string(kZstdCompressor), zstd_version(), kZstdLevel};
  }
  return {};
}

std::optional<base::Fd> LayerStore::open_any_blob(
    const base::Digest& diff_id) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT blob_digest FROM layer_blobs WHERE diff_id = ? "
      "ORDER BY compressor, blob_bytes DESC");
  statement.bind(0, diff_id);
  while (statement.step()) {
    if (auto blob = blobs_.find(statement.digest(0))) return blob;
  }
  return std::nullopt;
}

bool LayerStore::pin_any_blob(const Lease& lease,
                              const base::Digest& diff_id) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT blob_digest FROM layer_blobs WHERE diff_id = ?");
  statement.bind(0, diff_id);
  while (statement.step()) {
    if (blobs_.pin(lease, statement.digest(0))) return true;
  }
  return false;
}

void LayerStore::write_tar(const base::Digest& diff_id,
                           const ByteSink& sink) const {
  if (!find(diff_id)) throw unknown_layer(diff_id);
  const auto row = find_row(diff_id);
  if (!row) throw unknown_layer(diff_id);
  HashThread hash;
  const auto both = [&](std::string_view bytes) {
    hash.update(bytes);
    sink(bytes);
  };
  if (row->layer.source == LayerSource::canonical) {
    if (row->layer.state != LayerState::extracted) throw unknown_layer(diff_id);
    encode_directory(io_, row->layer.diff, both);
  } else {
    auto blob = open_any_blob(diff_id);
    if (!blob) throw unknown_layer(diff_id);
    decompress(std::move(*blob), both);
  }
  if (hash.finish() != diff_id) {
    // Most layers are the same in any form.
    if (row->layer.source == LayerSource::canonical &&
        row->tar_format != kTarFormat) {
      throw base::Error(base::ErrorKind::unsupported,
                        fmt::format("layer {} was made with another form of "
                                    "tar",
                                    diff_id.brief()))
          .hint("build the image again, with --no-cache");
    }
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("layer {} was changed in the store", diff_id.brief()))
        .hint("\"strake system check\" names what is damaged");
  }
}

// One that came from elsewhere is preferred: others know its digest.
std::optional<base::Descriptor> LayerStore::find_blob(
    const Lease& lease, const base::Digest& diff_id,
    Compression compression) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT blob_digest, blob_bytes FROM layer_blobs WHERE diff_id = ? AND "
      "media_type = ? AND (compressor = '' OR "
      "(compressor = ? AND version = ? AND level = ?)) "
      "ORDER BY compressor, blob_digest");
  const std::string media_type(media_type_of(compression));
  const BlobForm form = BlobForm::of(compression);
  statement.bind(0, diff_id)
      .bind(1, media_type)
      .bind(2, form.compressor)
      .bind(3, form.version)
      .bind(4, std::int64_t{form.level});
  while (statement.step()) {
    base::Descriptor blob{
        .media_type = media_type,
        .digest = statement.digest(0),
        .size_bytes = static_cast<std::uint64_t>(statement.integer(1)),
        .annotations = {}};
    if (blobs_.pin(lease, blob.digest)) return blob;
  }
  return std::nullopt;
}

void LayerStore::write_blob(const Lease& lease, const base::Digest& diff_id,
                            Compression compression,
                            const ByteSink& sink) const {
  const ByteSink unless_stopped = [&](std::string_view bytes) {
    lease.throw_if_stopped();
    sink(bytes);
  };
  const auto blob = find_blob(lease, diff_id, compression);
  if (!blob) {
    compress(compression, unless_stopped,
             [&](const ByteSink& to) { write_tar(diff_id, to); });
    return;
  }
  HashThread hash;
  copy_blob(blobs_, blob->digest, [&](std::string_view bytes) {
    hash.update(bytes);
    unless_stopped(bytes);
  });
  if (hash.finish() != blob->digest) throw damaged_blob(blob->digest);
}

std::optional<base::Descriptor> LayerStore::find_foreign_blob(
    const Lease& lease, const base::Digest& diff_id) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT blob_digest, blob_bytes, media_type FROM layer_blobs "
      "WHERE diff_id = ? AND compressor = '' ORDER BY blob_bytes, blob_digest");
  statement.bind(0, diff_id);
  while (statement.step()) {
    base::Descriptor blob{
        .media_type = std::string(statement.text(2)),
        .digest = statement.digest(0),
        .size_bytes = static_cast<std::uint64_t>(statement.integer(1)),
        .annotations = {}};
    if (blobs_.pin(lease, blob.digest)) return blob;
  }
  return std::nullopt;
}

base::Descriptor LayerStore::ensure_blob(const Lease& lease,
                                         const base::Digest& diff_id,
                                         Compression compression) {
  if (auto blob = find_blob(lease, diff_id, compression)) {
    return std::move(*blob);
  }
  BlobWriter writer = blobs_.ingest(lease);
  const ByteSink append = [&](std::string_view bytes) {
    lease.throw_if_stopped();
    writer.append(bytes);
  };
  compress(compression, append,
           [&](const ByteSink& sink) { write_tar(diff_id, sink); });
  base::Descriptor blob{.media_type = std::string(media_type_of(compression)),
                        .digest = {},
                        .size_bytes = writer.size_bytes(),
                        .annotations = {}};
  blob.digest = writer.commit();
  Transaction transaction(database_);
  insert_blob(diff_id, blob, BlobForm::of(compression));
  transaction.commit();
  return blob;
}

std::optional<std::uint64_t> LayerStore::find_blob_size(
    const Lease& lease, const base::Digest& diff_id,
    const base::Digest& blob) const {
  const auto layer = find(diff_id);
  if (!layer) return std::nullopt;
  // The tar itself can be written from whatever there is.
  if (blob == diff_id && layer->state == LayerState::extracted &&
      (layer->source == LayerSource::canonical ||
       pin_any_blob(lease, diff_id))) {
    return layer->tar_bytes;
  }
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT blob_bytes FROM layer_blobs "
      "WHERE diff_id = ? AND blob_digest = ?");
  statement.bind(0, diff_id).bind(1, blob);
  if (!statement.step() || !blobs_.pin(lease, blob)) return std::nullopt;
  return static_cast<std::uint64_t>(statement.integer(0));
}

void LayerStore::insert_blob(const base::Digest& diff_id,
                             const base::Descriptor& blob,
                             const BlobForm& form) {
  database_
      .prepare(
          "INSERT OR REPLACE INTO layer_blobs (diff_id, blob_digest, "
          "blob_bytes, media_type, compressor, version, level) "
          "VALUES (?, ?, ?, ?, ?, ?, ?)")
      .bind(0, diff_id)
      .bind(1, blob.digest)
      .bind(2, static_cast<std::int64_t>(blob.size_bytes))
      .bind(3, std::string_view(blob.media_type))
      .bind(4, form.compressor)
      .bind(5, form.version)
      .bind(6, std::int64_t{form.level})
      .run();
}

}  // namespace store

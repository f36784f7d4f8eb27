#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "store/archive_reader.h"
#include "store/blob_store.h"
#include "store/database.h"
#include "store/decompressor.h"
#include "store/hash_thread.h"
#include "store/layer_form.h"
#include "store/layer_store.h"
#include "store/layer_store_state.h"
#include "store/layer_unpacker.h"
#include "store/lost_details.h"

namespace store {
namespace {

constexpr std::size_t kBufferBytes = 256U * 1024U;

base::Error altered(std::string_view what, const base::Digest& actual,
                    const base::Digest& expected) {
  return base::Error(base::ErrorKind::corrupt,
                     fmt::format("{} is {}, not {}", what, actual.str(),
                                 expected.str()))
      .hint("it was cut or altered on its way; get it again");
}

void check_size(const ForeignLayer& foreign, std::uint64_t size_bytes) {
  if (!foreign.blob_bytes || *foreign.blob_bytes == size_bytes) return;
  throw base::Error(
      base::ErrorKind::corrupt,
      fmt::format("blob {} has {} bytes, not {}", foreign.blob->str(),
                  size_bytes, *foreign.blob_bytes))
      .hint("it was cut or altered on its way; get it again");
}

// The tar's bytes on their way from their source to the archive reader: hashed
// as they are uncompressed, and where asked for kept and hashed as they came.
class TarStream {
 public:
  TarStream(const ByteSource& source, std::optional<BlobWriter> writer)
      : source_(source),
        writer_(std::move(writer)),
        decompressor_([this](std::byte* buffer, std::size_t size) {
          return fetch(buffer, size);
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
    while (fetch(buffer.data(), buffer.size()) != 0) {
    }
  }

  Packing packing() const noexcept { return decompressor_.packing(); }
  // After drain(), once.
  base::Digest diff_id() { return hash_.finish(); }
  std::uint64_t size_bytes() const noexcept { return size_bytes_; }

  // Throws: corrupt when the bytes do not have the expected digest.
  std::optional<base::Descriptor> commit_blob(
      const std::optional<base::Digest>& expected) {
    if (!writer_) return std::nullopt;
    base::Descriptor blob;
    blob.media_type = media_type_of(decompressor_.packing());
    blob.size_bytes = writer_->size_bytes();
    if (expected) {
      writer_->commit(*expected);
      blob.digest = *expected;
    } else {
      blob.digest = writer_->commit();
    }
    return blob;
  }

 private:
  std::size_t fetch(std::byte* buffer, std::size_t size) {
    const std::size_t count = source_(buffer, size);
    if (writer_) {
      writer_->append({reinterpret_cast<const char*>(buffer), count});
    }
    return count;
  }

  const ByteSource& source_;
  std::optional<BlobWriter> writer_;
  Decompressor decompressor_;
  HashThread hash_;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace

// One that is extracted may still lack the bytes that a manifest names.
void LayerStore::keep_bytes(const Lease& lease, const ForeignLayer& foreign,
                            const Layer& known) {
  if (!foreign.blob) return;
  if (const auto size = find_blob_size(lease, known.diff_id, *foreign.blob)) {
    check_size(foreign, *size);
    return;
  }
  if (!foreign.keep_bytes) return;
  TarStream stream(foreign.tar, blobs_.ingest(lease));
  stream.drain();
  if (const base::Digest actual = stream.diff_id(); actual != known.diff_id) {
    throw altered("the layer's tar", actual, known.diff_id);
  }
  const auto blob = stream.commit_blob(foreign.blob);
  Transaction transaction(database_);
  insert_blob(known.diff_id, *blob, BlobForm{});
  transaction.commit();
}

Layer LayerStore::extract(const Lease& lease, const ForeignLayer& foreign) {
  if (foreign.diff_id) {
    auto known = find(*foreign.diff_id);
    if (known && known->state == LayerState::extracted) {
      keep_bytes(lease, foreign, *known);
      return std::move(*known);
    }
  }
  const std::filesystem::path directory = lease.make_directory("extract");
  const bool keeps_now = foreign.keep_bytes || !foreign.reopen;
  TarStream stream(foreign.tar, keeps_now ? std::optional(blobs_.ingest(lease))
                                          : std::nullopt);
  LostDetails lost;
  {
    std::optional<MergedTree> lower;
    const auto files = io_.write(directory);
    const auto writer = note_losses(*files, io_.rights(), lost);
    LayerUnpacker unpacker(*writer, [&]() -> const MergedTree& {
      if (!lower) lower.emplace(merged(foreign.parents));
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
  const base::Digest diff_id = stream.diff_id();
  if (foreign.diff_id && diff_id != *foreign.diff_id) {
    throw altered("the layer's tar", diff_id, *foreign.diff_id);
  }

  const bool is_packed = stream.packing() != Packing::none;
  // What is compressed is compared with its digest where it is kept.
  if (foreign.blob && !is_packed && *foreign.blob != diff_id) {
    throw altered("the layer's blob", diff_id, *foreign.blob);
  }
  if (foreign.blob && is_packed && !foreign.keep_bytes) {
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("blob {} is compressed, which the tar of that "
                    "digest is not",
                    foreign.blob->str()));
  }

  SealedLayer sealed = seal(lease, directory);
  const bool is_canonical = lost.empty() && sealed.diff_id == diff_id;
  if (!lost.empty()) {
    sealed.index = restore(sealed.index, lost);
    sealed.stable_digest = sealed.index.stable_digest();
  }
  if (!is_canonical || (foreign.keep_bytes && is_packed)) {
    sealed.blob = stream.commit_blob(foreign.blob);
  }
  if (!is_canonical && !sealed.blob) {
    const ByteSource again = foreign.reopen();
    TarStream kept(again, blobs_.ingest(lease));
    kept.drain();
    if (const base::Digest now = kept.diff_id(); now != diff_id) {
      throw altered("the layer's tar", now, diff_id);
    }
    sealed.blob = kept.commit_blob(foreign.blob);
  }
  if (!is_canonical) {
    sealed.source = LayerSource::blob;
    sealed.diff_id = diff_id;
    sealed.tar_bytes = stream.size_bytes();
  }
  return publish(lease, std::move(sealed));
}

}  // namespace store

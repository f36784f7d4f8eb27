#include <fmt/format.h>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "store/archive_reader.h"
#include "store/blob_store.h"
#include "store/database.h"
#include "store/decompressor.h"
#include "store/layer_form.h"
#include "store/layer_store.h"
#include "store/layer_store_state.h"
#include "store/layer_unpacker.h"
#include "store/lost_details.h"
#include "store/read_ahead.h"
#include "store/tar_entries.h"
#include "store/tar_frame.h"

namespace store {
namespace {

constexpr std::size_t kTarBufferBytes = 256U << 10U;

base::Error altered(std::string_view what, const base::Digest& actual,
                    const base::Digest& expected) {
  return base::Error(base::ErrorKind::corrupt,
                     fmt::format("{} is {}, not {}", what, actual.str(),
                                 expected.str()))
      .hint("it was cut or altered on its way; get it again");
}

base::Error wrong_size(const ForeignLayer& foreign, std::string_view actual) {
  return base::Error(base::ErrorKind::corrupt,
                     fmt::format("{} has {} bytes, not {}",
                                 foreign.blob ? "blob " + foreign.blob->str()
                                              : std::string("the layer's blob"),
                                 actual, *foreign.blob_bytes))
      .hint("it was cut or altered on its way; get it again");
}

void check_size(const ForeignLayer& foreign, std::uint64_t size_bytes) {
  if (!foreign.blob_bytes || *foreign.blob_bytes == size_bytes) return;
  throw wrong_size(foreign, std::to_string(size_bytes));
}

// Stands for an error of the stream on its way through the archive reader and
// the tree's writer, which would else say of a broken connection that it came
// from "writing /usr/bin/x". No exception that anybody else catches.
struct StreamFailed {
  std::exception_ptr error;
};

// The tar's bytes on their way from their source to the archive reader. One
// thread fetches them, and where asked for keeps and hashes them as they came;
// a second one uncompresses them and hashes the tar; the caller's hashes and
// writes files. With two processors the longest of the three decides.
class TarStream {
 public:
  // All of these outlive it.
  TarStream(const Lease& lease, const ForeignLayer& foreign,
            const ByteSource& source, std::optional<BlobWriter> writer)
      : lease_(lease),
        foreign_(foreign),
        source_(source),
        writer_(std::move(writer)),
        fetched_([this](std::byte* buffer, std::size_t size) {
          return fetch(buffer, size);
        }),
        decompressor_([this](std::byte* buffer, std::size_t size) {
          return fetched_.read(buffer, size);
        }),
        unpacked_(std::in_place, [this](std::byte* buffer, std::size_t size) {
          return unpack(buffer, size);
        }) {}

  std::size_t read(std::byte* buffer, std::size_t size) {
    return unpacked_->read(buffer, size);
  }

  // What follows the last member belongs to the digest and to the blob.
  void drain() {
    std::vector<std::byte> buffer(kTarBufferBytes);
    while (read(buffer.data(), buffer.size()) != 0) {
    }
    while (fetched_.read(buffer.data(), buffer.size()) != 0) {
    }
    check_size(foreign_, blob_bytes_);
  }

  // After what came made no sense: when it is not what was promised, that is
  // what is wrong. Throws: corrupt.
  void blame_blob() {
    if (!writer_ || !foreign_.blob) return;
    unpacked_.reset();  // what it has fetched is ours now
    std::vector<std::byte> buffer(kTarBufferBytes);
    while (fetched_.read(buffer.data(), buffer.size()) != 0) {
    }
    writer_->compare(*foreign_.blob);
  }

  Packing packing() const noexcept { return decompressor_.packing(); }
  // After drain(), each once.
  base::Digest diff_id() { return hash_.finish(); }
  std::optional<base::Digest> frame() { return frame_.finish(); }
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
    lease_.throw_if_stopped();
    const std::size_t count = source_(buffer, size);
    blob_bytes_ += count;
    if (foreign_.blob_bytes && blob_bytes_ > *foreign_.blob_bytes) {
      throw wrong_size(foreign_, "more");
    }
    if (writer_) {
      writer_->append({reinterpret_cast<const char*>(buffer), count});
    }
    return count;
  }

  std::size_t unpack(std::byte* buffer, std::size_t size) {
    const std::size_t count = decompressor_.read(buffer, size);
    const std::string_view bytes(reinterpret_cast<const char*>(buffer), count);
    hash_.update(bytes);
    frame_.update(bytes);
    size_bytes_ += count;
    return count;
  }

  const Lease& lease_;
  const ForeignLayer& foreign_;
  const ByteSource& source_;
  std::uint64_t blob_bytes_ = 0;
  std::optional<BlobWriter> writer_;
  ReadAhead fetched_;
  Decompressor decompressor_;
  base::Hasher hash_;
  TarFrame frame_;
  std::uint64_t size_bytes_ = 0;
  // Last: its thread uses all of the above.
  std::optional<ReadAhead> unpacked_;
};

// Writes the members of the stream's tar, and reads it to its end.
ContentDigests unpack(LayerIo& io, const std::filesystem::path& directory,
                      TarStream& stream, LostDetails& lost,
                      const std::function<MergedTree()>& open_lower) {
  std::optional<MergedTree> lower;
  const auto files = io.write(directory);
  const auto writer = note_losses(*files, io.rights(), lost);
  LayerUnpacker unpacker(*writer, [&]() -> const MergedTree& {
    if (!lower) lower.emplace(open_lower());
    return *lower;
  });
  try {
    ArchiveReader archive([&stream](std::byte* buffer, std::size_t size) {
      try {
        return stream.read(buffer, size);
      } catch (...) {
        throw StreamFailed{std::current_exception()};
      }
    });
    while (auto entry = archive.next()) {
      unpacker.take(std::move(*entry), archive);
    }
  } catch (const StreamFailed& failed) {
    std::rethrow_exception(failed.error);
  }
  unpacker.finish();
  stream.drain();
  return unpacker.take_contents();
}

// What is compressed is compared with its digest where it is kept.
void check_claims(const ForeignLayer& foreign, const TarStream& stream,
                  const base::Digest& diff_id) {
  if (foreign.diff_id && diff_id != *foreign.diff_id) {
    throw altered("the layer's tar", diff_id, *foreign.diff_id);
  }
  if (!foreign.blob) return;
  const bool is_packed = stream.packing() != Packing::none;
  if (!is_packed && *foreign.blob != diff_id) {
    throw altered("the layer's blob", diff_id, *foreign.blob);
  }
  if (is_packed && !foreign.keep_bytes) {
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("blob {} is compressed, which the tar of that "
                    "digest is not",
                    foreign.blob->str()));
  }
}

void check_files(const ForeignLayer& foreign,
                 const base::Digest& stable_digest) {
  if (!foreign.stable_digest || *foreign.stable_digest == stable_digest) return;
  throw base::Error(
      base::ErrorKind::corrupt,
      fmt::format("its files have the stable digest {}, not {}",
                  stable_digest.brief(), foreign.stable_digest->brief()));
}

// Where files could not be held here as they are, their tar tells what they
// were.
void check_files(const ForeignLayer& foreign, const base::Digest& on_disk,
                 const ByteSource& tar) {
  const bool is_held =
      !foreign.stable_digest || *foreign.stable_digest == on_disk;
  check_files(foreign,
              is_held ? on_disk : read_tar_entries(tar).stable_digest());
}

// The blob of a tar that cannot be made again, which is read once more.
base::Descriptor keep_tar(BlobStore& blobs, const Lease& lease,
                          const ForeignLayer& foreign,
                          const SealedLayer& sealed) {
  const ByteSource again = foreign.reopen();
  TarStream kept(lease, foreign, again, blobs.ingest(lease));
  check_files(foreign, sealed.stable_digest,
              [&kept](std::byte* buffer, std::size_t size) {
                return kept.read(buffer, size);
              });
  kept.drain();
  if (const base::Digest now = kept.diff_id(); now != sealed.diff_id) {
    throw altered("the layer's tar", now, sealed.diff_id);
  }
  return kept.commit_blob(foreign.blob).value();
}

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
  TarStream stream(lease, foreign, foreign.tar, blobs_.ingest(lease));
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
      const auto blob = known->source == LayerSource::blob
                            ? open_any_blob(known->diff_id)
                            : std::nullopt;
      if (blob) {
        check_files(foreign, known->stable_digest,
                    [&blob](std::byte* buffer, std::size_t size) {
                      return base::read_some(*blob, buffer, size);
                    });
      } else {
        check_files(foreign, known->stable_digest);
      }
      return std::move(*known);
    }
  }
  const std::filesystem::path directory = lease.make_directory("extract");
  try {
    return publish(lease, unpack_into(lease, foreign, directory));
  } catch (...) {
    // Who tries again does so under the same lease: half a layer for each time
    // would fill the disk.
    try {
      io_.remove_tree(directory);
    } catch (const base::Error&) {
      // Left to the lease.
    }
    throw;
  }
}

SealedLayer LayerStore::unpack_into(const Lease& lease,
                                    const ForeignLayer& foreign,
                                    const std::filesystem::path& directory) {
  const bool keeps_now = foreign.keep_bytes || !foreign.reopen;
  TarStream stream(
      lease, foreign, foreign.tar,
      keeps_now ? std::optional(blobs_.ingest(lease)) : std::nullopt);
  LostDetails lost;
  ContentDigests contents;
  base::Digest diff_id;
  try {
    contents = unpack(io_, directory, stream, lost,
                      [&] { return merged(foreign.parents); });
    diff_id = stream.diff_id();
    check_claims(foreign, stream, diff_id);
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::invalid_input ||
        error.kind() == base::ErrorKind::corrupt) {
      stream.blame_blob();
    }
    throw;
  }

  SealedLayer sealed;
  sealed.directory = directory;
  sealed.diff_id = diff_id;
  sealed.tar_bytes = stream.size_bytes();
  UnpackedTree tree = read_unpacked(io_, lease, directory, contents);
  sealed.index = std::move(tree.index);
  sealed.stable_digest = sealed.index.stable_digest();
  const bool is_canonical = lost.empty() && stream.frame() == tree.frame;
  if (!lost.empty()) {
    sealed.index = restore(sealed.index, lost);
    sealed.stable_digest = sealed.index.stable_digest();
  }
  const bool is_packed = stream.packing() != Packing::none;
  if (is_canonical || keeps_now) check_files(foreign, sealed.stable_digest);
  if (!is_canonical || (foreign.keep_bytes && is_packed)) {
    sealed.blob = stream.commit_blob(foreign.blob);
  }
  if (!is_canonical && !sealed.blob) {
    sealed.blob = keep_tar(blobs_, lease, foreign, sealed);
  }
  if (!is_canonical) sealed.source = LayerSource::blob;
  return sealed;
}

}  // namespace store

// Reading a finished directory, or one that was just unpacked, and encoding one
// that is stored.
//
// Both SHA-256 of a seal, of each file and of the tar, come out of one read:
// this thread hashes files, a second one the tar. On two cores that costs about
// what one of the hashes does.

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "store/hash_thread.h"
#include "store/layer_form.h"
#include "store/layer_store.h"
#include "store/lost_details.h"
#include "store/tar_encoder.h"

namespace store {
namespace {

// Reads files through one buffer, made when there is a first byte to read.
class ContentReader {
 public:
  // Gives exactly the entry's bytes to `take`.
  template <typename Take>
  void read(const Entry& entry, const base::Fd& file, const Take& take) {
    if (entry.size_bytes > 0 && !buffer_) {
      buffer_ = std::make_unique_for_overwrite<std::byte[]>(kBytes);
    }
    std::uint64_t left = entry.size_bytes;
    while (left > 0) {
      const auto wanted =
          static_cast<std::size_t>(std::min<std::uint64_t>(left, kBytes));
      const std::size_t count = read_piece(entry, file, wanted);
      if (count == 0) {
        throw base::Error(
            base::ErrorKind::system,
            fmt::format("{} became shorter while it was read", entry.path));
      }
      left -= count;
      take(std::string_view(reinterpret_cast<const char*>(buffer_.get()),
                            count));
    }
  }

 private:
  std::size_t read_piece(const Entry& entry, const base::Fd& file,
                         std::size_t wanted) {
    try {
      return base::read_some(file, buffer_.get(), wanted);
    } catch (base::Error& error) {
      error.add_context(fmt::format("/{}", entry.path));
      throw;
    }
  }

  static constexpr std::size_t kBytes = 256U << 10U;
  std::unique_ptr<std::byte[]> buffer_;
};

// In a layer's tar such a name says that another file is gone (image-spec v1.1
// layer.md "Whiteouts"): there is no way to say that it is there itself.
void check_name(const Entry& entry) {
  if (!base_name(entry.path).starts_with(".wh.")) return;
  throw base::Error(base::ErrorKind::invalid_input,
                    fmt::format("\"/{}\" cannot be in an image: in a layer, a "
                                "name that begins with \".wh.\" says that "
                                "another file is gone",
                                entry.path))
      .hint("give the file another name");
}

// The root directory belongs to no layer, unless it hides what lies below.
bool is_in_layer(const Entry& entry) {
  return !entry.path.empty() || entry.opaque;
}

}  // namespace

SealedLayer LayerStore::seal(const Lease& lease,
                             const std::filesystem::path& directory) {
  SealedLayer sealed;
  sealed.directory = directory;
  HashThread tar_hash;
  TarEncoder tar([&](std::string_view bytes) {
    sealed.tar_bytes += bytes.size();
    tar_hash.update(bytes);
  });
  base::Hasher content_hash;
  std::vector<Entry> entries;
  ContentReader reader;
  io_.walk(directory, [&](Entry& entry, const base::Fd& file) {
    if (!is_in_layer(entry)) return;
    check_name(entry);
    lease.throw_if_stopped();
    tar.add(entry);
    if (entry.type == EntryType::regular) {
      reader.read(entry, file, [&](std::string_view bytes) {
        lease.throw_if_stopped();
        tar.write(bytes);
        content_hash.update(bytes);
      });
      entry.content = content_hash.finish();
    }
    entries.push_back(std::move(entry));
  });
  tar.finish();
  sealed.index = LayerIndex(std::move(entries));
  sealed.stable_digest = sealed.index.stable_digest();
  sealed.diff_id = tar_hash.finish();
  return sealed;
}

UnpackedTree read_unpacked(LayerIo& io, const Lease& lease,
                           const std::filesystem::path& directory,
                           const ContentDigests& contents) {
  base::Hasher frame;
  TarEncoder tar([&frame](std::string_view bytes) { frame.update(bytes); });
  base::Hasher content_hash;
  std::vector<Entry> entries;
  ContentReader reader;
  io.walk(directory, [&](Entry& entry, const base::Fd& file) {
    if (!is_in_layer(entry)) return;
    check_name(entry);
    lease.throw_if_stopped();
    tar.add(entry);
    if (entry.type == EntryType::regular) {
      tar.leave_out_content();
      if (const auto known = contents.find(entry.path);
          known != contents.end()) {
        entry.content = known->second;
      } else {
        reader.read(entry, file, [&](std::string_view bytes) {
          lease.throw_if_stopped();
          content_hash.update(bytes);
        });
        entry.content = content_hash.finish();
      }
    }
    entries.push_back(std::move(entry));
  });
  tar.finish();
  return {LayerIndex(std::move(entries)), frame.finish()};
}

void encode_directory(LayerIo& io, const std::filesystem::path& directory,
                      const ByteSink& sink) {
  TarEncoder tar(sink);
  ContentReader reader;
  io.walk(directory, [&](Entry& entry, const base::Fd& file) {
    if (!is_in_layer(entry)) return;
    tar.add(entry);
    if (entry.type != EntryType::regular) return;
    reader.read(entry, file, [&](std::string_view bytes) { tar.write(bytes); });
  });
  tar.finish();
}

bool is_undamaged(LayerIo& io, const std::filesystem::path& directory,
                  const LayerIndex& index) {
  const auto expected = index.entries();
  std::size_t next = 0;
  bool is_equal = true;
  base::Hasher hasher;
  ContentReader reader;
  // What is in the index alone, is not looked for.
  const auto find_expected = [&]() -> std::optional<Entry> {
    while (next < expected.size()) {
      Entry entry = expected[next++];
      if (reduce_to_disk(entry, io.rights())) return entry;
    }
    return std::nullopt;
  };
  io.walk(directory, [&](Entry& entry, const base::Fd& file) {
    if (!is_equal || !is_in_layer(entry)) return;
    if (entry.type == EntryType::regular) {
      reader.read(entry, file,
                  [&](std::string_view bytes) { hasher.update(bytes); });
      entry.content = hasher.finish();
    }
    is_equal = entry == find_expected();
  });
  return is_equal && !find_expected();
}

}  // namespace store

#include "store/tar_index.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/file.h"
#include "store/archive_header.h"
#include "store/archive_stream.h"
#include "store/decompressor.h"

namespace store {
namespace {

constexpr std::size_t kMostMembers = 1'000'000;
constexpr std::uint64_t kMostNameBytes = 256U << 20U;

// A file read from its start, whatever its own offset is.
class TarCursor {
 public:
  TarCursor(const base::Fd& file, std::uint64_t size_bytes)
      : file_(file), size_bytes_(size_bytes) {}

  std::size_t read(std::byte* buffer, std::size_t size) {
    const std::size_t count = base::read_at(file_, offset_, buffer, size);
    offset_ += count;
    return count;
  }

  // What is cut at its end stays, so that reading it tells.
  std::uint64_t skip(std::uint64_t size) {
    const std::uint64_t left = size_bytes_ - std::min(size_bytes_, offset_);
    size = std::min(size, left);
    offset_ += size;
    return size;
  }

 private:
  const base::Fd& file_;
  std::uint64_t size_bytes_;
  std::uint64_t offset_ = 0;
};

bool is_plain(const base::Fd& file, std::uint64_t size_bytes) {
  TarCursor cursor(file, size_bytes);
  const Decompressor decompressor([&](std::byte* buffer, std::size_t size) {
    return cursor.read(buffer, size);
  });
  return decompressor.packing() == Packing::none;
}

}  // namespace

std::optional<std::vector<TarMember>> index_tar(const base::Fd& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    throw base::system_error(errno, "reading an archive");
  }
  const auto size_bytes = static_cast<std::uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || !is_plain(file, size_bytes)) {
    return std::nullopt;
  }
  const ArchiveLibrary& library = archive_library();
  TarCursor cursor(file, size_bytes);
  ArchiveStream stream(
      [&](std::byte* buffer, std::size_t size) {
        return cursor.read(buffer, size);
      },
      ArchiveStream::Format::tar,
      [&](std::uint64_t size) { return cursor.skip(size); });
  std::vector<TarMember> members;
  std::uint64_t name_bytes = 0;
  while (::archive_entry* header = stream.next_header()) {
    if (library.sparse_count(header) > 0) return std::nullopt;
    auto entry = read_header(header);
    if (!entry) continue;
    name_bytes += entry->path.size() + entry->link_target.size();
    if (members.size() == kMostMembers || name_bytes > kMostNameBytes) {
      throw base::Error(
          base::ErrorKind::invalid_input,
          "reading an archive: it has too many members, or their names are too "
          "long");
    }
    members.push_back({std::move(entry->path), entry->type,
                       std::move(entry->link_target), stream.position(),
                       entry->size_bytes});
  }
  return members;
}

}  // namespace store

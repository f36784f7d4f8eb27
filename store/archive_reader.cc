#include "store/archive_reader.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "store/archive_header.h"
#include "store/archive_stream.h"
#include "store/decompressor.h"

namespace store {
namespace {

base::Error damaged(std::string_view what) {
  return base::Error(base::ErrorKind::invalid_input,
                     fmt::format("reading an archive: {}", what));
}

ByteSource source_of(base::Fd file) {
  auto shared = std::make_shared<base::Fd>(std::move(file));
  return [shared](std::byte* buffer, std::size_t size) {
    return base::read_some(*shared, buffer, size);
  };
}

}  // namespace

struct ArchiveReader::State {
  explicit State(ByteSource source)
      : decompressor(std::move(source)),
        stream(
            [this](std::byte* buffer, std::size_t size) {
              return decompressor.read(buffer, size);
            },
            ArchiveStream::Format::tar) {
    first = stream.next_header();
  }

  ::archive_entry* next_header() {
    if (first != nullptr || is_first) {
      is_first = false;
      return std::exchange(first, nullptr);
    }
    return stream.next_header();
  }

  Decompressor decompressor;
  ArchiveStream stream;
  ::archive_entry* first = nullptr;  // read ahead to see whether it is one
  bool is_first = true;
  bool is_over = false;
  std::uint64_t size_bytes = 0;  // of the last member
};

ArchiveReader::ArchiveReader(base::Fd file)
    : ArchiveReader(source_of(std::move(file))) {}
ArchiveReader::ArchiveReader(ByteSource source)
    : state_(std::make_unique<State>(std::move(source))) {}
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader& ArchiveReader::operator=(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() = default;

bool ArchiveReader::is_archive(const base::Fd& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return false;
  }
  off_t offset = ::lseek(file.get(), 0, SEEK_CUR);
  if (offset < 0) throw base::system_error(errno, "reading a file's offset");
  const auto source = [&](std::byte* buffer, std::size_t size) {
    const std::size_t count =
        base::read_at(file, static_cast<std::uint64_t>(offset), buffer, size);
    offset += static_cast<off_t>(count);
    return count;
  };
  try {
    State state(source);
    return state.first != nullptr;
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::invalid_input) return false;
    throw;
  }
}

std::optional<Entry> ArchiveReader::next() {
  while (!state_->is_over) {
    ::archive_entry* from = state_->next_header();
    state_->size_bytes = 0;
    if (from == nullptr) {
      state_->is_over = true;
      break;
    }
    auto entry = read_header(from);
    if (!entry) continue;
    state_->size_bytes = entry->size_bytes;
    return entry;
  }
  return std::nullopt;
}

void ArchiveReader::read_data(
    const std::function<void(std::uint64_t offset, std::string_view bytes)>&
        take) {
  std::uint64_t offset = 0;
  std::string_view bytes;
  while (state_->stream.read_block(offset, bytes)) {
    if (offset > state_->size_bytes ||
        bytes.size() > state_->size_bytes - offset) {
      throw damaged("a member has more data than its size says");
    }
    if (!bytes.empty()) take(offset, bytes);
  }
}

}  // namespace store

#include "store/archive_stream.h"

#include <cerrno>
#include <new>
#include <string>
#include <utility>

#include "base/error.h"

namespace store {
namespace {

constexpr std::size_t kReadBytes = 128U << 10U;

}  // namespace

ArchiveStream::ArchiveStream(ByteSource source, Format format, Skip skip)
    : library_(archive_library()),
      source_(std::move(source)),
      skip_(std::move(skip)),
      buffer_(kReadBytes),
      archive_(library_.read_new()) {
  if (archive_ == nullptr) throw std::bad_alloc();
  if (format == Format::tar) {
    library_.support_format_tar(archive_);
    library_.support_format_empty(archive_);
  } else {
    library_.support_format_raw(archive_);
    library_.support_format_empty(archive_);
    library_.support_filter_bzip2(archive_);
    library_.support_filter_xz(archive_);
    library_.support_filter_zstd(archive_);
  }
  try {
    check(library_.read_open(archive_, this, nullptr, &fill,
                             skip_ ? &pass_over : nullptr, nullptr));
  } catch (...) {
    library_.read_free(archive_);
    throw;
  }
}

ArchiveStream::~ArchiveStream() { library_.read_free(archive_); }

la_ssize_t ArchiveStream::fill(::archive* archive, void* self,
                               const void** buffer) {
  auto& stream = *static_cast<ArchiveStream*>(self);
  try {
    *buffer = stream.buffer_.data();
    return static_cast<la_ssize_t>(
        stream.source_(stream.buffer_.data(), stream.buffer_.size()));
  } catch (...) {
    stream.source_error_ = std::current_exception();
    stream.library_.set_error(archive, EIO, "its source failed");
    return -1;
  }
}

la_int64_t ArchiveStream::pass_over(::archive*, void* self, la_int64_t size) {
  auto& stream = *static_cast<ArchiveStream*>(self);
  if (size <= 0) return 0;
  return static_cast<la_int64_t>(
      stream.skip_(static_cast<std::uint64_t>(size)));
}

std::uint64_t ArchiveStream::position() const {
  return static_cast<std::uint64_t>(library_.filter_bytes(archive_, 0));
}

void ArchiveStream::check(long result) {
  if (source_error_) {
    std::rethrow_exception(std::exchange(source_error_, nullptr));
  }
  if (result >= 0 || result == ARCHIVE_WARN) return;
  const char* text = library_.error_string(archive_);
  throw base::Error(base::ErrorKind::invalid_input,
                    std::string("reading an archive: ") +
                        (text != nullptr ? text : "it is damaged"));
}

::archive_entry* ArchiveStream::next_header() {
  ::archive_entry* entry = nullptr;
  const int result = library_.next_header(archive_, &entry);
  check(result);
  return result == ARCHIVE_EOF ? nullptr : entry;
}

std::size_t ArchiveStream::read(std::byte* buffer, std::size_t size) {
  const la_ssize_t count = library_.read_data(archive_, buffer, size);
  check(count);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

bool ArchiveStream::read_block(std::uint64_t& offset, std::string_view& bytes) {
  const void* buffer = nullptr;
  std::size_t size = 0;
  la_int64_t at = 0;
  const int result = library_.read_data_block(archive_, &buffer, &size, &at);
  check(result);
  if (result == ARCHIVE_EOF) return false;
  if (at < 0) {
    throw base::Error(base::ErrorKind::invalid_input,
                      "reading an archive: data at a negative offset");
  }
  offset = static_cast<std::uint64_t>(at);
  bytes = {static_cast<const char*>(buffer), size};
  return true;
}

}  // namespace store

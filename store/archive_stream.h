// One libarchive reader over a ByteSource. An exception of the source crosses
// libarchive's C code as a stored pointer and comes out of the call that met
// it.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "store/archive_library.h"
#include "store/byte_stream.h"

namespace store {

class ArchiveStream {
 public:
  enum class Format {
    tar,
    compressed
  };  // a tar; or one bzip2, xz or zstd file
  // Passes over up to `size` bytes of the source and returns over how many.
  using Skip = std::function<std::uint64_t(std::uint64_t size)>;
  // With `skip`, data that nobody reads is not fetched either.
  ArchiveStream(ByteSource source, Format format, Skip skip = {});
  ArchiveStream(const ArchiveStream&) = delete;
  ArchiveStream& operator=(const ArchiveStream&) = delete;
  ~ArchiveStream();

  // nullptr at the end. Valid until the next call. Throws: invalid_input.
  ::archive_entry* next_header();
  // Data of a Format::compressed file. Throws: invalid_input.
  std::size_t read(std::byte* buffer, std::size_t size);
  // A run of a member's data; false at its end. Throws: invalid_input.
  bool read_block(std::uint64_t& offset, std::string_view& bytes);
  // How much of the tar lies before what would be read next: after a header,
  // where the member's data begins.
  std::uint64_t position() const;

 private:
  static la_ssize_t fill(::archive* archive, void* self, const void** buffer);
  static la_int64_t pass_over(::archive* archive, void* self, la_int64_t size);
  // Throws what `result` stands for unless it is good or a mere warning.
  void check(long result);

  const ArchiveLibrary& library_;
  ByteSource source_;
  Skip skip_;
  std::vector<std::byte> buffer_;
  std::exception_ptr source_error_;
  ::archive* archive_ = nullptr;
};

}  // namespace store

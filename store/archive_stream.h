// One libarchive reader over a ByteSource. An exception of the source crosses
// libarchive's C code as a stored pointer and comes out of the call that met
// it.
#pragma once

#include <exception>
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
  ArchiveStream(ByteSource source, Format format);
  ArchiveStream(const ArchiveStream&) = delete;
  ArchiveStream& operator=(const ArchiveStream&) = delete;
  ~ArchiveStream();

  // nullptr at the end. Valid until the next call. Throws: invalid_input.
  ::archive_entry* next_header();
  // Data of a Format::compressed file. Throws: invalid_input.
  std::size_t read(std::byte* buffer, std::size_t size);
  // A run of a member's data; false at its end. Throws: invalid_input.
  bool read_block(std::uint64_t& offset, std::string_view& bytes);

 private:
  static la_ssize_t fill(::archive* archive, void* self, const void** buffer);
  // Throws what `result` stands for unless it is good or a mere warning.
  void check(long result);

  const ArchiveLibrary& library_;
  ByteSource source_;
  std::vector<std::byte> buffer_;
  std::exception_ptr source_error_;
  ::archive* archive_ = nullptr;
};

}  // namespace store

// Keeps names in a tar what they are: bytes.
//
// libarchive turns the names in PAX records from UTF-8 into the locale's
// charset, and what the locale cannot say becomes "?": in LC_ALL=C every name
// with an accent, in any locale a name that is no UTF-8. A PAX header may say
// that its names are bytes (POSIX.1-2017 pax, "hdrcharset=BINARY"), and then
// libarchive leaves them alone. This stream says so in every header that needs
// it; all else passes unchanged.
// Parsing PAX ourselves was refused: it would take on sparse files, of which
// there are four forms, to win a charset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "store/byte_stream.h"

namespace store {

class PaxCharset {
 public:
  explicit PaxCharset(ByteSource tar);

  // As a ByteSource: the tar with its headers completed. Where the stream stops
  // being a tar it passes unchanged; finding the fault is the reader's work.
  std::size_t read(std::byte* buffer, std::size_t size);

 private:
  bool read_blocks(std::uint64_t size);
  void next_member();
  void complete_records(std::size_t header_at);

  ByteSource tar_;
  std::string ready_;  // headers to be given out
  std::size_t given_ = 0;
  std::uint64_t pass_bytes_ = 0;  // of data, to be passed unchanged
  std::uint64_t next_size_ = 0;   // from a PAX record
  bool has_next_size_ = false;
  bool is_lost_ = false;
};

}  // namespace store

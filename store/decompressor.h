// Takes one layer of compression off a stream, whichever it is: gzip by ISA-L,
// which is several times faster than zlib, the others by libarchive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "store/byte_stream.h"

namespace store {

enum class Packing { none, gzip, bzip2, xz, zstd };

class Decompressor {
 public:
  // Reads the first bytes to see what the stream is. Throws: invalid_input.
  explicit Decompressor(ByteSource source);
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) = delete;
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  ~Decompressor();

  Packing packing() const noexcept;

  // As a ByteSource. Throws: invalid_input for a damaged stream.
  std::size_t read(std::byte* buffer, std::size_t size);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The whole of a compressed text. Throws: invalid_input for a damaged one, and
// for one of more than `limit_bytes` before it is unpacked any further.
std::string decompress(std::string_view bytes, std::uint64_t limit_bytes);

}  // namespace store

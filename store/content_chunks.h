// Cuts a stream of bytes where its content says, so that two streams which have
// much in common have most chunks in common too, whatever was put in between
// or taken out: for cache mounts that travel, where the second time only what
// is new does.
//
// A gear hash (Xia et al., "FastCDC", USENIX ATC 2016) runs over the bytes:
// h = 2h + table[byte], of 64 bits, so that the last 64 bytes count. A chunk
// ends where the top 20 bits of h are zero, not before 256 KiB nor after 4 MiB:
// 1.25 MiB on average. The table is splitmix64's first 256 numbers from the
// seed in content_chunks.cc. Any change here changes chunks, and makes the next
// export a whole one; nothing else depends on where cuts fall.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/byte_stream.h"

namespace store {

inline constexpr std::size_t kLeastChunkBytes = std::size_t{256} << 10U;
inline constexpr std::size_t kMostChunkBytes = std::size_t{4} << 20U;

class ContentChunks {
 public:
  // `take` gets each chunk whole.
  explicit ContentChunks(ByteSink take);

  void write(std::string_view bytes);
  // The last call: what is left is a chunk too.
  void finish();

 private:
  ByteSink take_;
  std::string chunk_;
  std::uint64_t hash_ = 0;
};

}  // namespace store

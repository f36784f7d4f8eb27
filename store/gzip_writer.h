// gzip (RFC 1952) with ISA-L, in blocks that do not look at each other: 1 MiB
// of input each, ended by a full flush. So they can be compressed at the same
// time, and the bytes are the same for any number of threads. One member, with
// no name and no time in its header.
//
// What looks random (packages, pictures, anything encrypted) is stored, in
// pieces of 32 KiB: searching it finds nothing, its codes of eight bits have to
// be looked up one by one by everybody who pulls, and they spoil those of the
// text beside it. Where every second file is random, the blob is 1 % smaller,
// and a tenth less work to make and to unpack.
#pragma once

#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "store/byte_stream.h"

namespace store {

// What the bytes depend on; a change of any of them changes digests.
inline constexpr std::string_view kGzipCompressor = "isa-l";
inline constexpr int kGzipLevel = 1;
// ISA-L's version and that of the framing above.
std::string gzip_version();

class GzipWriter {
 public:
  explicit GzipWriter(ByteSink sink);
  // Waits for what is under way.
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  void write(std::string_view bytes);
  // The last call.
  void finish();

 private:
  class Block;
  using BlockPointer = std::unique_ptr<Block>;
  void start_block();
  void take_block();

  ByteSink sink_;
  BlockPointer block_;  // being filled; null before its first byte
  std::deque<std::future<BlockPointer>> under_way_;
  BlockPointer used_;  // to be filled again
  std::size_t most_under_way_;
  std::uint32_t crc_ = 0;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace store

// zstd (RFC 8878) with libzstd, loaded when it is first needed: one frame with
// a checksum. A single thread, so that the bytes do not depend on how many
// processors there are.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/byte_stream.h"

namespace store {

// What the bytes depend on; a change of any of them changes digests.
inline constexpr std::string_view kZstdCompressor = "zstd";
inline constexpr int kZstdLevel = 3;
// libzstd's version. Throws: unsupported when it is not installed.
std::string zstd_version();

class ZstdWriter {
 public:
  explicit ZstdWriter(ByteSink sink);
  ~ZstdWriter();
  ZstdWriter(const ZstdWriter&) = delete;
  ZstdWriter& operator=(const ZstdWriter&) = delete;

  void write(std::string_view bytes);
  // The last call.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The whole of a small text.
std::string compress_zstd(std::string_view bytes);

}  // namespace store

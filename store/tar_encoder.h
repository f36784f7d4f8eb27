// The canonical tar: one entry always gives the same bytes, on every machine,
// locale and library version, so that a layer made here can be encoded again
// and keep its diffID. ustar headers, PAX records only for what ustar cannot
// say. The format's version is kTarFormat; any change of bytes raises it.
// Format 1 left the header's link name empty where PAX has the target, so that
// some readers found none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/byte_stream.h"
#include "store/entry.h"

namespace store {

inline constexpr int kTarFormat = 2;

class TarEncoder {
 public:
  explicit TarEncoder(ByteSink sink);

  // The header. For a regular file exactly size_bytes of write() must follow.
  // Whiteouts become ".wh.<name>", an opaque directory is followed by its
  // ".wh..wh..opq" (image-spec v1.1 layer.md "Whiteouts").
  void add(const Entry& entry);
  void write(std::string_view content);
  // Instead of all of it: what is encoded is the tar's frame (tar_frame.h).
  void leave_out_content() noexcept { missing_bytes_ = 0; }

  // Two zero blocks. The last call.
  void finish();

 private:
  void end_content();
  ByteSink sink_;
  std::uint64_t missing_bytes_ = 0;
  std::uint64_t padding_bytes_ = 0;
};

}  // namespace store

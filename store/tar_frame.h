// Whether a tar that passes is one that TarEncoder writes, without encoding its
// files again.
//
// A tar's frame is all of it but the content of regular files: headers, PAX
// records, padding, whiteouts, the end and whatever follows it. What TarEncoder
// writes is divided into frame and content by the sizes in the frame alone, so
// two such tars of equal frames and equal contents are equal. The frame of a
// layer of 20,000 files and 700 MB is 20 MB: hashing that is what a comparison
// costs, where encoding the directory would read and hash the 700 MB once more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace store {

class TarFrame {
 public:
  // All bytes of the tar, in order, in pieces of any size. Never throws for
  // what they are.
  void update(std::string_view bytes);

  // The digest of the frame; nullopt for a tar that TarEncoder surely did not
  // write. The last call.
  std::optional<base::Digest> finish();

 private:
  void take_held();
  void take_header(std::string_view header);
  void expect_header(std::size_t bytes_before);

  static constexpr std::size_t kBlockBytes = 512;

  base::Hasher hash_;
  std::string held_;  // of the frame, until there are wanted_bytes_
  std::size_t wanted_bytes_ = kBlockBytes;
  std::size_t record_bytes_ = 0;           // of those, at their start
  std::uint64_t content_bytes_ = 0;        // to be passed over
  std::optional<std::uint64_t> pax_size_;  // of the next file
  bool is_foreign_ = false;
  bool is_at_end_ = false;
};

}  // namespace store

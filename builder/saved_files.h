// The files that make up saved images, wherever they are: in a directory, in a
// tar, or in a tar that comes compressed or through a pipe and therefore is
// unpacked under a lease first. Nothing is followed out of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "store/byte_stream.h"
#include "store/lease.h"
#include "store/tar_index.h"

namespace builder {

// A run of bytes of an open file. Copies read on their own.
struct FileRange {
  std::shared_ptr<const base::Fd> file;
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;

  // From its start. Throws: invalid_input when the file ends before the range.
  store::ByteSource source() const;
  // Throws: invalid_input when there are more than `limit_bytes`.
  std::string read(std::uint64_t limit_bytes) const;
};

class SavedFiles {
 public:
  // Must not outlive the lease, whose request to stop is heard also while
  // nothing comes out of a pipe. Throws: not_found, denied, system, cancelled;
  // invalid_input for what is neither a directory nor an archive.
  static SavedFiles open(const std::filesystem::path& path,
                         const store::Lease& lease);
  // Of standard input, say.
  static SavedFiles open(base::Fd file, const store::Lease& lease);

  // The regular file of this name, through links inside the archive (old
  // versions of Docker write equal layers once and link to them).
  std::optional<FileRange> find(std::string_view path) const;

 private:
  struct Member {
    store::TarMember at;
    std::shared_ptr<const base::Fd> file;
  };
  SavedFiles() = default;
  void unpack(base::Fd file, const store::Lease& lease);

  base::Fd directory_;  // empty for an archive
  std::map<std::string, Member, std::less<>> members_;
};

}  // namespace builder

// Reads foreign archives: tar in every dialect and compression (libarchive,
// loaded when the first archive is opened). Names come out as bytes, cleaned
// into relative paths; nothing here writes files.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/fd.h"
#include "store/byte_stream.h"
#include "store/entry.h"

namespace store {

class ArchiveReader {
 public:
  // Reads from the file's current offset. Throws: invalid_input when it is no
  // archive, unsupported without libarchive.
  explicit ArchiveReader(base::Fd file);
  explicit ArchiveReader(ByteSource source);
  ArchiveReader(ArchiveReader&&) noexcept;
  ArchiveReader& operator=(ArchiveReader&&) noexcept;
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;
  ~ArchiveReader();

  // Whether the file is a tar, plain or in gzip, bzip2, xz or zstd, with at
  // least one readable header: by its bytes, never its name. Leaves the offset
  // where it was.
  static bool is_archive(const base::Fd& file);

  // The next member, or nullopt at the end. ".." parts that would lead out of
  // the root are dropped; a hard link's target is cleaned likewise. Whiteout
  // names (".wh.x") are left as they are: see layer_extract for their meaning.
  // Throws: invalid_input for a damaged archive.
  std::optional<Entry> next();

  // The data of the regular member that next() returned last, in order, holes
  // left out. Throws: invalid_input.
  void read_data(const std::function<void(std::uint64_t offset,
                                          std::string_view bytes)>& take);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace store

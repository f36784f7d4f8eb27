// Where the members of a plain tar lie in its file, so that each can be read
// where it is, in any order. Nothing but headers is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "store/entry.h"

namespace store {

struct TarMember {
  std::string path;  // cleaned: relative, no "." or ".."
  EntryType type = EntryType::regular;
  std::string link_target;   // as written, of a symlink; cleaned, of a hardlink
  std::uint64_t offset = 0;  // of its data in the file
  std::uint64_t size_bytes = 0;
};

// nullopt when the file cannot be read at any place (a pipe), is compressed, or
// has sparse members. Leaves the file's offset alone.
// Throws: invalid_input for a damaged tar or one of more than a million
// members; system.
std::optional<std::vector<TarMember>> index_tar(const base::Fd& file);

}  // namespace store

// What an archive says of one member, as an Entry. Private to the room, because
// it shows libarchive's types.
#pragma once

#include <optional>

#include "store/archive_library.h"
#include "store/entry.h"

namespace store {

// Names come out as bytes, cleaned into relative paths that ".." cannot lead
// out of; a hard link's target likewise, a symbolic link's text as it is.
// nullopt for what this system does not have, e.g. a socket.
// Throws: invalid_input.
std::optional<Entry> read_header(::archive_entry* from);

}  // namespace store

// The digest of a file that somebody may be writing to.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <stop_token>
#include <string>

#include "base/digest.h"
#include "base/fd.h"
#include "store/file_digests.h"

namespace builder {

struct HashedFile {
  store::FileStamp stamp;  // what stat said before and after it was read
  // Of its bytes; for a file with extended attributes, of both.
  base::Digest content;
};

// Reads the file below `root`, again when it changed meanwhile.
// Throws: system, denied, not_found; invalid_input when it is no regular file
// any more or keeps changing; cancelled.
HashedFile hash_file(const base::Fd& root, const std::string& path,
                     const std::stop_token& stop);

// Opens a regular file below `root`; never waits, whatever the name has become.
// Throws: system, denied, not_found; invalid_input when it is none.
base::Fd open_regular(const base::Fd& root, const std::string& path);

store::FileStamp stamp_of(const struct stat& status);

// What stat says of the path now; nullopt when it cannot.
std::optional<store::FileStamp> find_stamp(const base::Fd& root,
                                           const std::string& path);

}  // namespace builder

// Opening paths of any length below a directory. The kernel takes at most 4095
// bytes at once, and a tree may be deeper than that.
#pragma once

#include <string_view>

#include "base/fd.h"

namespace store {

// Opens `path` beneath `directory`, following no symbolic link on the way; the
// last part is opened as `flags` say, with O_CLOEXEC added.
// Throws: not_found, system, denied; invalid_input when a link is in the way.
base::Fd open_long_path(const base::Fd& directory, std::string_view path,
                        int flags);

}  // namespace store

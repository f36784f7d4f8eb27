// Stream sockets in the file system, unix(7).
//
// An address holds 107 bytes of path, which a store deep in the file system
// exceeds; so paths are taken as a directory that is open, and a name in it.
#pragma once

#include <filesystem>
#include <string>

#include "base/fd.h"

namespace builder {

// A path by which the kernel finds `name` in an open directory of ours.
std::filesystem::path path_in(const base::Fd& directory,
                              const std::string& name);

// Throws: system.
base::Fd listen_on(const std::filesystem::path& path);
base::Fd connect_to(const std::filesystem::path& path);

}  // namespace builder

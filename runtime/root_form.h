// Which RootForm this machine can do: the best that works is taken, unless the
// user names one, in the words of containers-storage.conf(5) and docker.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "runtime/spec.h"

namespace runtime {

// What --storage-driver and STRAKE_STORAGE_DRIVER take.
enum class StorageDriver { overlay, fuse_overlayfs, copy };

// "overlay" or "overlay2", "fuse-overlayfs", "copy" or "vfs". Throws: usage.
StorageDriver parse_storage_driver(std::string_view name);

// Tries in `scratch`, an empty directory on the file system of the store, and
// costs a fraction of a millisecond. To be called after acquire_privileges(),
// while there is one thread: for fuse-overlayfs the process gets a mount
// namespace of its own.
// Throws: unsupported when what is wanted does not work here, and why.
RootForm choose_root_form(std::optional<StorageDriver> wanted,
                          const std::filesystem::path& scratch);

// "overlayfs (userxattr)"
std::string_view describe(RootForm form);

}  // namespace runtime

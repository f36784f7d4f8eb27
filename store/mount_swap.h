// Cache mounts (<root>/cachemounts, see README.md) as wholes: for what takes
// them from one store to another.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "store/lease.h"

namespace store {

struct MountPlace {
  std::string id;
  std::filesystem::path directory;
};

// Sorted by id.
std::vector<MountPlace> list_mounts(const std::filesystem::path& root);

// The directory of an id, which need not be there.
std::filesystem::path mount_path(const std::filesystem::path& root,
                                 std::string_view id);

// Waits until no step uses the directory, as one that has it for itself would;
// an empty Fd when it is not there. Throws: cancelled, system, denied.
base::Fd lock_mount(const std::filesystem::path& directory,
                    const std::stop_token& stop);

// Puts `made`, a directory below the lease, in the place of the mount of this
// id, of which the caller has lock_mount()'s result: the old one whole or the
// new one whole is what anybody sees. Throws: system, denied.
void swap_mount(const std::filesystem::path& root, std::string_view id,
                const std::filesystem::path& made, const Lease& lease);

}  // namespace store

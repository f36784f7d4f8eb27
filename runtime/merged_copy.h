// Layers as one tree, made by copying every file: what overlayfs shows, without
// overlayfs. Content is shared with the layers where the file system can do
// that (FICLONE: btrfs, xfs), else copied by the kernel (copy_file_range).
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace runtime {

// Fills the empty directory `tree` with `lower`, topmost first, whose whiteouts
// are 0/0 devices and whose opaque directories are marked by either of
// overlayfs's attributes, and then `upper`, which gives the tree its own mode
// and owner. Hard links within a layer stay links. Sockets are left out, as are
// devices that cannot be made. Throws: system, naming the path; cancelled, with
// part of it made, when it is to stop.
void copy_merged(const std::vector<std::string>& lower,
                 const std::filesystem::path& upper,
                 const std::filesystem::path& tree,
                 const std::stop_token& stop);

// Gives `to` mode, owner, extended attributes but overlayfs's own, and times of
// `from`; both are of one type.
void copy_attributes(const std::filesystem::path& from,
                     const std::filesystem::path& to);

}  // namespace runtime

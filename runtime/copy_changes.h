// What a step changed in a tree that was copied for it, as an upper directory
// in overlayfs's form.
//
// A file is changed when it is not the inode it was, or its change time is
// another: nothing can be done to an inode without that. The clock of file
// systems has a grain of some milliseconds, so the step begins in a later tick
// than the copy ended. A directory is changed when its own mode, owner, time or
// attributes are; what is in it is looked at by itself. Below a directory that
// took the place of something all is changed: a rename brings old files back to
// their old paths without a trace on them.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <string>

namespace runtime {

struct FileState {
  struct stat status {};
  std::string xattrs;  // of directories: names and values, one after the other
};

// By path from the root of the tree, "" for the root itself.
using TreeState = std::map<std::string, FileState>;

// Throws: system.
TreeState look_at_tree(const std::filesystem::path& tree);

// Until whatever changes from now on has a later change time.
void wait_for_next_tick(const TreeState& state);

// Moves what differs from `before` out of `tree` into `upper`, a directory on
// the same file system that may hold what an earlier run changed: whiteouts for
// what is gone, `opaque` on a directory that took the place of something.
// Throws: system.
void move_changes(const std::filesystem::path& tree, const TreeState& before,
                  const std::filesystem::path& upper, const char* opaque);

}  // namespace runtime

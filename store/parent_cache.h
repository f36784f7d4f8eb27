// Opens the parents of paths that come in about the order of a walk: each step
// opens only what the path before it had not opened already.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace store {

// Nothing it opens is reached through a symbolic link below the root.
class ParentCache {
 public:
  // Opened for reading, and kept open.
  explicit ParentCache(base::Fd root);

  const base::Fd& root() const noexcept { return root_; }

  // The directory at `path`, as O_PATH; valid until the next call.
  // Throws: not_found, invalid_input when something else than a directory is
  // in the way, system.
  const base::Fd& open(std::string_view path);

  // To be called when a directory at or below `path` was removed.
  void forget(std::string_view path);

 private:
  struct Level {
    std::size_t path_size;  // how much of path_ leads here
    base::Fd directory;
  };
  void shrink_to(std::size_t path_size);

  base::Fd root_;
  std::string path_;           // of levels_.back()
  std::vector<Level> levels_;  // some of the directories on path_
};

}  // namespace store

// The directories between a tree's top and the place a walk has come to.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace store {

// A path of open directories that grows and shrinks at its end. However deep it
// gets, few of them stay open: the others are reached again through "..", and
// must then be the very directories they were.
class DirectoryStack {
 public:
  explicit DirectoryStack(base::Fd top);

  const base::Fd& back() const noexcept { return levels_.back().directory; }
  // The one so far below the top; not open when it was closed meanwhile.
  const base::Fd& at(std::size_t depth) const noexcept {
    return levels_[depth].directory;
  }
  std::size_t depth() const noexcept { return levels_.size(); }
  void push(base::Fd directory);
  // Throws: system, also when the tree was rearranged meanwhile.
  void pop();

 private:
  struct Level {
    base::Fd directory;
    dev_t device = 0;
    ino_t inode = 0;
  };
  std::vector<Level> levels_;
};

// The names in a directory, without "." and "..", in no order. Reads from the
// beginning. Throws: system.
std::vector<std::string> list_names(const base::Fd& directory);

// `name` in `directory` as a path for the calls that know no *at form. Goes
// through /proc, so that neither is looked up again.
std::string proc_path(const base::Fd& directory, std::string_view name);

}  // namespace store

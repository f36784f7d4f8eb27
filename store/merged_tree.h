// What a stack of layers looks like as one file system, read from the layers'
// indexes: no mount, no process. The one reader of an image's tree.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "store/layer_index.h"

namespace store {

enum class FollowLast { yes, no };

class MergedTree {
 public:
  struct Layer {
    std::shared_ptr<const LayerIndex> index;
    std::filesystem::path diff;  // where its files are
    // Called before each file of it is opened, where it may not be there yet.
    std::function<void()> before_open = {};
  };

  // Bottom first. An empty stack is an empty root directory.
  explicit MergedTree(std::vector<Layer> layers);
  MergedTree(MergedTree&&) noexcept;
  MergedTree& operator=(MergedTree&&) noexcept;
  MergedTree(const MergedTree&) = delete;
  MergedTree& operator=(const MergedTree&) = delete;
  ~MergedTree();

  // The visible entry of exactly this path, never a whiteout; no link is
  // followed. Hard links come back as the regular file they lead to, under the
  // path asked for. The root is always there. Valid as long as the tree.
  const Entry* find(std::string_view path) const;

  // Visible entries directly in, or anywhere below, a directory; sorted.
  std::vector<const Entry*> children(std::string_view directory) const;
  std::vector<const Entry*> below(std::string_view directory) const;

  // What two visible names of one file have in common: the same pointer for
  // all its hard links within a layer.
  const Entry* file_of(const Entry& visible) const;

  // `path` (absolute or relative to the root) with ".", ".." and every symbolic
  // link resolved inside the root, as the kernel would with the root as "/".
  // Parts that do not exist are kept as written, so the result may not exist.
  // Throws: invalid_input for a loop of links.
  std::string resolve(std::string_view path, FollowLast follow) const;

  // The bytes of a visible regular file. Throws: system, not_found.
  base::Fd open(const Entry& entry) const;
  // A small file followed through links, e.g. /etc/passwd; nullopt if absent
  // or not a regular file. Throws: system; invalid_input above 16 MiB.
  std::optional<std::string> read_file(std::string_view path) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace store

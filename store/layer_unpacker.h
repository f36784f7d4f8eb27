// From the members of a layer's tar to the directory that overlayfs stacks:
// image-spec v1.1 layer.md, as far as a single layer can know it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "store/archive_reader.h"
#include "store/entry.h"
#include "store/layer_io.h"
#include "store/merged_tree.h"

namespace store {

// Of members with one path the last wins. A directory that is only implied is
// made as the layers below have it, else root's with mode 0755. A path that
// leads through a symbolic link of the same layer is followed as long as it
// stays inside; the writer follows none.
class LayerUnpacker {
 public:
  // `lower` is asked only when something is missing from the tar.
  LayerUnpacker(TreeWriter& writer, std::function<const MergedTree&()> lower);

  // The member that `archive` has just returned. Throws: invalid_input.
  void take(Entry entry, ArchiveReader& archive);
  void finish();

 private:
  struct PathLess {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const {
      return path_less(left, right);
    }
  };
  template <typename Value>
  using Paths = std::map<std::string, Value, PathLess>;

  std::string resolve_directory(std::string_view path) const;
  std::string place_of(std::string_view path) const;
  void ensure_directory(std::string_view path);
  void add_directory(Entry entry);
  void add_other(const Entry& entry, ArchiveReader& archive);
  void add_link(Entry entry);
  void copy_from_lower(const Entry& link);
  void add_whiteout(std::string_view path);
  void set_opaque(std::string_view directory);
  void forget(std::string_view path);

  TreeWriter& writer_;
  std::function<const MergedTree&()> lower_;
  Paths<Entry> directories_;  // of this layer
  Paths<std::string> links_;  // its symbolic links: where they lead
  std::set<std::string> whiteouts_;
};

}  // namespace store

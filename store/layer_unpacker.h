// From the members of a layer's tar to the directory that overlayfs stacks:
// image-spec v1.1 layer.md, as far as a single layer can know it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "store/archive_reader.h"
#include "store/entry.h"
#include "store/layer_io.h"
#include "store/merged_tree.h"

namespace store {

// A layer's list of entries is in memory, so that there is a limit to it: what
// names, links, attributes and kEntryBytes for each member and each directory
// that it implies come to. That is some seven million files of usual names;
// empty ones pack so well that a small blob could list any number. The bytes of
// files need no limit of their own: the disk is one, and a full disk an error.
inline constexpr std::uint64_t kMostListBytes = std::uint64_t{2} << 30U;
inline constexpr std::uint64_t kEntryBytes = 256;

// The digests of regular files' contents, by path in the order of a walk.
struct PathLess {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const {
    return path_less(left, right);
  }
};
using ContentDigests = std::map<std::string, base::Digest, PathLess>;

// Of members with one path the last wins. A directory that is only implied is
// made as the layers below have it, else root's with mode 0755. A path that
// leads through a symbolic link of the same layer is followed as long as it
// stays inside; the writer follows none.
class LayerUnpacker {
 public:
  // `lower` is asked only when something is missing from the tar.
  LayerUnpacker(TreeWriter& writer, std::function<const MergedTree&()> lower,
                std::uint64_t most_list_bytes = kMostListBytes);

  // The member that `archive` has just returned. Throws: invalid_input.
  void take(Entry entry, ArchiveReader& archive);
  void finish();

  // Of what has been written. Files that have holes, or have no member of their
  // own, are not among them. After finish(), once.
  ContentDigests take_contents() { return std::move(contents_); }

 private:
  template <typename Value>
  using Paths = std::map<std::string, Value, PathLess>;

  void count(const Entry& entry);
  std::string resolve_directory(std::string_view path) const;
  std::string place_of(std::string_view path) const;
  void ensure_directory(std::string_view path);
  void add_directory(Entry entry);
  void add_file(const Entry& entry, ArchiveReader& archive);
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
  ContentDigests contents_;
  base::Hasher content_hash_;
  std::uint64_t most_list_bytes_;
  std::uint64_t list_bytes_ = 0;
};

}  // namespace store

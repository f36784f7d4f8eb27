// Which files of a tree a COPY or ADD means: its sources with wildcards
// matched, links followed, exclusions taken out.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/operation.h"
#include "store/merged_tree.h"

namespace builder {

// One path that a source word matched.
struct SourceMatch {
  std::size_t source = 0;  // its place in CopyOp::sources
  std::string name;        // its last part as matched, before links
  std::string path;        // where it is in the tree, links resolved
  store::Entry entry;      // what is there
  // For a directory: all below it that is copied, sorted, with paths relative
  // to it. Entry::content is as the tree gives it.
  std::vector<store::Entry> members;
};

// A source without wildcards that is not there, or a link that leads nowhere.
struct MissingSource {
  std::size_t source = 0;  // its place in CopyOp::sources
  std::string name;        // as it is reached, cleaned
  std::string path;        // what is not there, links resolved
};

struct Selection {
  std::vector<SourceMatch> matches;
  std::optional<MissingSource> missing;  // the first; nothing follows it
};

// The tree that a source (its place in CopyOp::sources) stands in; null when it
// is not there yet.
using FindTree = std::function<const store::MergedTree*(std::size_t source)>;

// What the sources whose tree is there select.
// Throws: invalid_input for a loop of links.
Selection select_files(const CopyOp& op, const FindTree& find_tree);

// What a bind mount shows: the file at `path` (links followed), or everything
// below the directory there; nullopt when there is nothing.
std::optional<SourceMatch> find_tree_match(const store::MergedTree& tree,
                                           std::string_view path);

// What a result depends on in these, for its key; contents must be filled. A
// directory that is copied gives what is in it, not its own mode and owner,
// which a directory that is mounted shows as well. Modes and owners are those
// that the flags leave (copy_flags.h).
base::Digest copy_digest(const CopyOp& op, const Selection& selection);
base::Digest mount_digest(const SourceMatch& match);

}  // namespace builder

// Which files of a tree a COPY or ADD means: its sources with wildcards
// matched, links followed, exclusions taken out.
#pragma once

#include <string>
#include <vector>

#include "builder/operation.h"
#include "store/merged_tree.h"

namespace builder {

// One path that a source word matched.
struct SourceMatch {
  std::string name;    // its last part as matched, before links
  std::string path;    // where it is in the tree, links resolved
  store::Entry entry;  // what is there
  // For a directory: all below it that is copied, sorted, with paths relative
  // to it. Entry::content is as the tree gives it.
  std::vector<store::Entry> members;
};

struct Selection {
  std::vector<SourceMatch> matches;
  bool has_wildcard = false;

  // Whether they all need a directory to go into.
  bool needs_directory() const { return has_wildcard || matches.size() > 1; }
};

// Throws: not_found naming a source without wildcards that is not there.
Selection select_files(const store::MergedTree& tree, const CopyOp& op);

// The paths a bind mount or a whole directory copy shows: everything below
// `path` (links followed), relative to it.
SourceMatch select_tree(const store::MergedTree& tree, std::string_view path);

// H of names, kinds and stable entries of all matches; contents must be filled.
base::Digest digest_of(const Selection& selection);
base::Digest digest_of(const SourceMatch& match);

}  // namespace builder

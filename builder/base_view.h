// What a COPY, ADD or WORKDIR sees of the file system it stands on.
//
// Such a step reads little of its base: the entries on the way to its
// destination, what stands where it is going to write, and whose number a name
// is. That is its view. The step is made over the view in place of the base
// (BaseView::tree is all it is given), so its layer is a function of
//
//   the operation, the content of what it selects, the view
//
// and can be reused over any base that gives an equal view: nothing else of
// the base was within reach when it was made. There is no list of reads to keep
// in step with the code that reads; what the view leaves out does not exist for
// the step. That the layer is also the one which the whole base would give is
// what the tests of random bases hold it to (base_view_test.cc).
//
// In the view, with all that a layer can take over from it:
//
//   - a directory on the way to the destination, or the destination itself:
//     mode, owner, extended attributes. It comes into the layer as it is.
//   - a link on that way: its target.
//   - where a member of a copied directory goes: only whether a directory is
//     there, something else, or nothing, since whatever it is is replaced,
//     refused, or takes the member's own mode and owner.
//   - --chown's owner, and WORKDIR's user, as numbers: the lines of passwd and
//     group that say something else do not matter.
//
// Modification times are not in its digest, as in no key: a layer that is
// reused keeps the times of directories, and of files, that it was made with.
//
// Early cutoff looks for an equal result among the records of one parent. A
// view's digest is a parent there like any other: two layers of equal stable
// digest differ in nothing but times, so that one can stand for the other on
// whatever base; the parent only bounds the search.
//
// An ADD that may unpack an archive writes where the archive says; its view is
// all of its base, and has no digest: the base's content stands for it.
#pragma once

#include <optional>

#include "base/digest.h"
#include "builder/file_selection.h"
#include "builder/operation.h"
#include "store/merged_tree.h"

namespace builder {

struct BaseView {
  store::MergedTree tree;
  std::optional<store::Owner> owner;   // who owns what is made, if it is said
  std::optional<base::Digest> digest;  // of both
};

// Throws: invalid_input for a loop of links, not_found for an owner that the
// base does not know.
BaseView view_copy(const CopyOp& op, const Selection& selection,
                   store::MergedTree base);
BaseView view_workdir(const WorkDirOp& op, const store::MergedTree& base);

}  // namespace builder

// What to say of a source that is not there.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "builder/build_contexts.h"
#include "builder/file_selection.h"
#include "builder/operation.h"
#include "store/merged_tree.h"

namespace builder {

// The path that was probably meant by one that is not in `tree`: its first
// wrong part spelt right, in the right case, with its extension, or in the one
// other directory that has such a name. Empty when none is near.
std::string find_near_path(const store::MergedTree& tree,
                           std::string_view path);

// "there is no X in <place>" with what would help; `tree` is where the source
// was sought. `hint`, when there is one, is better than any guess.
base::Error missing_source(const CopyOp& op, const MissingSource& missing,
                           const store::MergedTree& tree,
                           std::string_view place, std::string hint);

// The same of a bind mount's source; `tree` is where it was sought.
base::Error missing_mount_source(const ExecMount& mount,
                                 BuildContexts& contexts,
                                 const store::MergedTree& tree);

}  // namespace builder

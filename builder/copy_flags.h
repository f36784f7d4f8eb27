// What --chmod and --chown make of each entry that is copied. The copy is
// written with it and its key taken after it, so that a mode or an owner which
// the flags replace makes no difference: the same files checked out under
// another umask are a hit where --chmod=755 is given.
#pragma once

#include <optional>

#include "builder/operation.h"
#include "store/entry.h"

namespace builder {

// `owner` is what --chown means in the image; none: each keeps its own.
void apply_copy_flags(const CopyOp& op,
                      const std::optional<store::Owner>& owner,
                      store::Entry& entry);

}  // namespace builder

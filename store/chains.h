// Stacks of layers as rows: chainID, the chainID below, the diffID on top
// (image-spec v1.1 config.md "Layer ChainID"). An image and a resolved image
// name the top of their stack. What a row's layer is, and whether it is here,
// is not said by it. Private to the room; within the caller's lock.
#pragma once

#include <span>

#include "base/digest.h"

namespace store {

class Database;

// A row for the stack up to each of these layers, bottom first; returns the
// whole stack's chainID, unset for none. Within a Transaction. Throws: system.
base::Digest put_chain(Database& database,
                       std::span<const base::Digest> diff_ids);

// Removes the rows that neither an image nor a resolved image stands on.
// Within a Transaction. Throws: system.
void forget_unused_chains(Database& database);

}  // namespace store

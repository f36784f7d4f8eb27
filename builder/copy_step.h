// COPY and ADD: puts selected files into a new layer.
#pragma once

#include <functional>

#include "base/fd.h"
#include "builder/accounts.h"
#include "builder/file_selection.h"
#include "builder/operation.h"
#include "builder/tree_edit.h"

namespace builder {

// Opens the bytes of a regular file that a source (its place in
// CopyOp::sources) selected, by its path in that source's tree.
using OpenSource =
    std::function<base::Fd(std::size_t source, const std::string& path)>;

// Writes what `op` says of `selection` into `edit`, which stands on the file
// system the layer will lie on. Throws: invalid_input, not_found, system.
void write_copy(const CopyOp& op, const Selection& selection,
                const OpenSource& open, const Accounts& accounts,
                TreeEdit& edit);

}  // namespace builder

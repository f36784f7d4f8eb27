// COPY and ADD: puts selected files into a new layer.
#pragma once

#include <functional>
#include <optional>

#include "base/fd.h"
#include "builder/file_selection.h"
#include "builder/operation.h"
#include "builder/tree_edit.h"

namespace builder {

// Opens the bytes of a regular file that a source (its place in
// CopyOp::sources) selected, by its path in that source's tree.
using OpenSource =
    std::function<base::Fd(std::size_t source, const std::string& path)>;

// Writes what `op` says of `selection` into `edit`, which stands on what the
// step sees of its base (base_view.h). `owner` is what --chown means there;
// `now` is the time of what has none of its own.
// Throws: invalid_input, not_found, system.
void write_copy(const CopyOp& op, const Selection& selection,
                const OpenSource& open,
                const std::optional<store::Owner>& owner, store::Timestamp now,
                TreeEdit& edit);

}  // namespace builder

// Whether a directory of a build context is still what its key was made of,
// beyond the content of its files (BuildContext::find_change): a file that came
// or went, a mode, a link. What is copied is written as it was walked; a RUN
// with a bind mount sees the directory itself.
#pragma once

#include <filesystem>
#include <string>

#include "builder/file_selection.h"

namespace builder {

// The first path in the context, sorted, that is not as in `match`, of which
// nothing is ignored; empty when there is none. Directories are statted, and
// walked only when one has another time: a file that came and went, as editors
// make them, is no change. Throws: system, denied, naming the path.
std::string find_shape_change(const std::filesystem::path& context,
                              const SourceMatch& match);

}  // namespace builder

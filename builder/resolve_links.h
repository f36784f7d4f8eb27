// The one reading of symbolic links where files are put: as the kernel would
// with a directory of the stage as "/".
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "store/merged_tree.h"

namespace builder {

// What stands at exactly this path; nullptr for nothing.
using FindEntry = std::function<const store::Entry*(std::string_view path)>;

// The path that `path` leads to when `root`, a path without links, is "/":
// neither "..", nor a link, nor an absolute link leads above it. Parts that do
// not exist are kept as written. `find` is asked for each part on the way, and
// for nothing else.
// Throws: invalid_input for a loop of links.
std::string resolve_links(std::string_view root, std::string_view path,
                          store::FollowLast follow, const FindEntry& find);

}  // namespace builder

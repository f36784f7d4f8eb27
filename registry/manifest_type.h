// What kind of document a manifest is: that it says one thing only, and says
// it twice (image-spec v1.1 manifest.md, "mediaType").
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace registry {

// Of images and of indexes of them, OCI's and Docker's: what is asked for.
const std::array<std::string_view, 4>& manifest_types();

// The one of those that a Content-Type names; empty for none.
std::string find_manifest_type(const std::string& content_type);

// The document's media type: its own, else the one it came with. Throws:
// invalid_input for one that two readers could take for two things, and for
// what is no manifest; unsupported for Docker's old schema 1.
std::string judge_manifest(std::string_view bytes,
                           const std::string& content_type);

}  // namespace registry

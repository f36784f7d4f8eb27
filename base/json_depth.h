// How deep a JSON text nests, found without building anything of it.
//
// nlohmann's parser makes a value of some sixty bytes for each bracket, so a
// text of 16 MiB of them costs a gigabyte; and its callback, which could stop
// it, makes it look at all elder siblings again at each object's end: minutes
// for an array of a hundred thousand. One pass over the bytes costs neither.
#pragma once

#include <cstddef>
#include <string_view>

namespace base {

// As deep as a document that strangers wrote may nest: manifests, indexes and
// configurations stay below ten.
inline constexpr std::size_t kMostJsonDepth = 32;

// The most arrays and objects that are open at once (RFC 8259); 0 for a text
// without any. Any answer may be given for a text that is no JSON, but never
// less than the levels that a parser enters before it finds out.
std::size_t find_json_depth(std::string_view text) noexcept;

}  // namespace base

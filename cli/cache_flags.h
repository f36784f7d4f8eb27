// build --cache-from and --cache-to: docker's words, "type=local,src=DIR", and
// its short form, the name of an image.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "builder/cache_options.h"

namespace cli {

// Throws: usage for what is no form of a cache, with the nearest known word;
// unsupported for what will come.
std::vector<builder::CacheFrom> read_cache_from(
    const std::vector<std::string>& words);
std::vector<builder::CacheTo> read_cache_to(
    const std::vector<std::string>& words);

// Whether it is such words, and not the path of a directory.
bool is_cache_words(std::string_view text);
// The same words for one cache, which `what` names in messages: "cache import".
// What says how a build uses it is refused. Throws: as above.
builder::CacheFrom read_cache_place(std::string_view what,
                                    const std::string& word);
builder::CacheTo read_cache_target(std::string_view what,
                                   const std::string& word);

}  // namespace cli

// build --cache-from and --cache-to: docker's words, "type=local,src=DIR", and
// its short form, the name of an image.
#pragma once

#include <string>
#include <vector>

#include "builder/cache_options.h"

namespace cli {

// Throws: usage for what is no form of a cache, with the nearest known word;
// unsupported for what will come.
std::vector<builder::CacheFrom> read_cache_from(
    const std::vector<std::string>& words);
std::vector<builder::CacheTo> read_cache_to(
    const std::vector<std::string>& words);

}  // namespace cli

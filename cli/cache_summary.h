// The line at the end of a build that reads or writes caches elsewhere: what
// they saved and cost.
//
//   cache: 12 of 14 steps (saves 3m12s); read 14MB in 0.8s, wrote 3MB in 0.2s
#pragma once

#include <string>

#include "builder/build_cache.h"

namespace cli {

std::string render_cache_summary(const builder::CacheReport& report);

}  // namespace cli

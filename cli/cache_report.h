// The parts of strake cache and strake builder (cache_command.cc,
// builder_command.cc), and how both show what the cache holds.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "builder/cache_item.h"
#include "cli/command.h"

namespace cli {

int run_cache_ls(Globals& globals, const Arguments& arguments);
int run_builder_prune(Globals& globals, const Arguments& arguments);

// docker buildx du's names, whose sizes and times are texts; beside them
// numbers and what only strake knows.
nlohmann::json render_cache_json(const builder::CacheItem& item,
                                 const std::vector<std::string>& images);

// A line for each field, in the manner of docker buildx du --verbose.
std::string render_cache_lines(const builder::CacheItem& item);

// The first digits; of what has no digest all of it.
std::string brief_id(const builder::CacheItem& item);

// "3 hours ago"; nothing for a time that is not known.
std::string render_when(std::chrono::sys_seconds time);

}  // namespace cli

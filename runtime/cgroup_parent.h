// Where a group is made in a hierarchy, and what of the place above it counts.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cgroup_hierarchy.h"
#include "runtime/cgroup_settings.h"

namespace runtime {

// The directory in which a group can have limits by `controllers`.
//
// `wanted` is Resources::cgroup_parent. Without it: in v1 our own group; in v2
// the nearest from ours upwards that hands the controllers down, else the top.
// `counts_memory`: a v2 place that also has "memory" is preferred; when that is
// all that is wanted and no place has it, nullopt.
std::optional<std::filesystem::path> find_cgroup_parent(
    const CgroupHierarchy& hierarchy, const std::string& wanted,
    const std::vector<std::string>& controllers, bool counts_memory);

// Refuses processors or memory nodes that `parent` has not: v2 would take them
// and use the parent's. Settings of other files pass. Throws: invalid_input.
void check_cpuset(const std::filesystem::path& parent,
                  const CgroupSetting& setting);

// The numbers of a cpuset list, "0-2,5". nullopt for what is no such list.
std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text);

}  // namespace runtime

// Where control groups can be made: the hierarchies that are mounted, and our
// own place in each. cgroups(7).
//
// Version 1 has a hierarchy for each controller (or a few), version 2 one for
// all; a machine may have both, each with some of the controllers. Nothing is
// guessed from paths: /proc/self/cgroup says which cgroup we are in, mountinfo
// which part of a hierarchy is visible where.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace runtime {

struct CgroupHierarchy {
  enum class Version { v1, v2 };

  Version version = Version::v2;
  // v1: the controllers of this hierarchy, "memory". v2 says in each cgroup's
  // cgroup.controllers which it has.
  std::vector<std::string> controllers;
  std::filesystem::path mount_point;
  std::filesystem::path own;  // the directory of our cgroup, at or below it
};

// From the texts of /proc/self/cgroup and /proc/self/mountinfo. Left out: a
// hierarchy that is not mounted, or mounted without our own cgroup.
std::vector<CgroupHierarchy> parse_cgroup_hierarchies(
    std::string_view cgroup, std::string_view mountinfo);

// This process's. Throws: system.
std::vector<CgroupHierarchy> find_cgroup_hierarchies();

}  // namespace runtime

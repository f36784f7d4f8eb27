// A Spec's mount in the terms of the kernel's mount API, worked out before the
// child exists.
//
// The options of mount(8) fall into two kinds there: attributes of the mount
// ("ro", "nosuid") and parameters of the file system ("size=64m"). What is not
// known as the first is handed to the file system as the second; it refuses
// what it does not know.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/path_maker.h"
#include "runtime/spec.h"

namespace runtime {

struct Parameter {
  std::string key;
  std::string value;
  bool is_flag = false;  // stands alone, without a value
  bool is_real = false;  // a path, see kRealSource
};

// An option of a bind or an overlay: the paths of its sources hold no symbolic
// link. Where somebody has put one since, the mount fails and shows nothing
// that lies elsewhere.
inline constexpr std::string_view kRealSource = "x-real-source";

struct MountPlan {
  enum class Kind { filesystem, bind, memory_file };

  Kind kind = Kind::filesystem;
  std::string destination;
  PointKind point = PointKind::directory;  // the kind of its mount point
  std::uint64_t attributes = 0;            // MOUNT_ATTR_*

  std::string type;                   // filesystem
  std::vector<Parameter> parameters;  // filesystem

  std::string source;      // bind; absolute
  bool recursive = false;  // bind: with what is mounted below the source
  bool is_real = false;    // bind, see kRealSource

  // memory_file: a file of this content that has no other name, on the
  // sandbox's /dev/shm, which is why that must be mounted before it.
  std::string content;
  unsigned file_mode = 0400;
  unsigned file_uid = 0;
  unsigned file_gid = 0;
};

// Throws: invalid_input for a destination that is not absolute or is the root,
// or an unknown option of a bind; not_found when the source of a bind is
// missing.
MountPlan plan_mount(const Mount& mount);

// False for type "cgroup" on a host without the unified hierarchy, where there
// is no one view to give.
bool can_be_mounted(const Mount& mount);

// All of a Spec's that can be mounted, in order.
std::vector<MountPlan> plan_mounts(const std::vector<Mount>& mounts);

// `path` as the kernel will read it, without "//", "/./" and a slash at its
// end; ".." stays, since links decide what it means.
std::string clean_path(const std::string& path);

}  // namespace runtime

// The overlay that is the sandbox's root, and the stub layer below it.
//
// Every mount needs a mount point. Making a missing one in the merged view
// would write it to the upper directory, and so to the image layer, and change
// its parent's time. Instead all mount points exist in a tree of empty
// directories and files, the stub layer, which becomes the bottom-most lower
// directory: what the image has hides it, what the image lacks shows through.
// What the image hides without having it (a whiteout, an opaque directory, a
// dangling link) is left to trace_sweep.h.
//
// Refused: a whole second overlay, with the stubs, on top of the first (twice
// the cost of a mount, and overlays stack only two deep); sweeping the upper
// directory after every step (the parents' copied-up inodes stay).
#pragma once

#include <string>
#include <vector>

#include "runtime/mount_plan.h"
#include "runtime/spec.h"

namespace runtime {

struct StubPlan {
  std::string path;  // absolute, on the host
  PointKind kind = PointKind::directory;
};

struct OverlayPlan {
  std::vector<Parameter> parameters;  // for fsconfig(2), in order
  // For mount(2) where fsconfig(2) lacks "lowerdir+" (before Linux 6.8); empty
  // when it would not fit the page that mount(2) takes.
  std::string legacy_options;
  std::string mount_point;      // on the host, in root.scratch
  std::vector<StubPlan> stubs;  // parents first
};

// Throws: invalid_input when there are more lower directories than the kernel
// stacks.
OverlayPlan plan_overlay(const Root& root,
                         const std::vector<MountPlan>& mounts);

}  // namespace runtime

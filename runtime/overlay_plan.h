// The overlay that is the sandbox's root, and the stub layer below it.
//
// Every mount needs a mount point. Making a missing one in the merged view
// would write it to the upper directory, and so to the image layer, and change
// its parent's time. Instead those that no layer has are made in a tree of
// empty directories and files, the stub layer, which becomes the bottom-most
// lower directory: it shows through where the image has nothing. Whether a
// layer has a path is looked up layer by layer, which may be wrong where one
// hides what a lower one has (a whiteout, an opaque directory, a link): then
// the child finds no mount point and makes one; trace_sweep.h removes it.
//
// Refused: stubs for every mount point, whether needed or not (making and
// removing one directory costs 0.1 ms on ext4, as much as 40 look-ups); stubs
// on a tmpfs (with layers on two file systems overlayfs gives the files of one
// root different device numbers, and `tar --one-file-system` skips them).
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
  // Where a tree of all layers is before the child comes, which it then shows
  // in place of an overlay (assembled_root.h); empty when the child mounts one.
  std::string assembled;
  std::vector<std::string> lower;     // topmost first, the stubs last
  std::vector<Parameter> parameters;  // for fsconfig(2), in order
  // For mount(2) where fsconfig(2) lacks "lowerdir+" (before Linux 6.8); empty
  // when it would not fit the page that mount(2) takes.
  std::string legacy_options;
  std::string mount_point;      // on the host: root.scratch
  std::vector<StubPlan> stubs;  // parents first
};

// Throws: invalid_input when there are more lower directories than the kernel
// stacks; not_found, system or denied when one cannot be opened.
OverlayPlan plan_overlay(const Root& root,
                         const std::vector<MountPlan>& mounts);

}  // namespace runtime

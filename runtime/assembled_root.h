// A step's root where the kernel's overlayfs cannot be had: a directory that
// shows all layers as one tree is there before the sandbox is made, and what
// the step changed in it becomes an upper directory in overlayfs's form
// afterwards. Layers made so are the same as any others.
//
//   fuse_overlay  fuse-overlayfs(1) is mounted, in this process's private mount
//                 namespace; its program dies with the thread that runs the
//                 step. It writes the upper directory itself, with marks of its
//                 own that are translated (fuse_marks.h).
//   copy          every file is copied (merged_copy.h), and afterwards compared
//                 with what was copied (copy_changes.h). Slow, and needs
//                 nothing but a file system.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "runtime/overlay_plan.h"
#include "runtime/spec.h"

namespace runtime {

class AssembledRoot {
 public:
  virtual ~AssembledRoot() = default;
  // Once, when no process of the step lives: root.upper then has what it
  // changed. Throws: system.
  virtual void finish() = 0;
};

// Null for overlayfs. The tree is at plan.assembled; both arguments outlive it.
// Throws: system, denied, not_found (no fuse-overlayfs), cancelled.
std::unique_ptr<AssembledRoot> assemble_root(
    const Root& root, const OverlayPlan& plan,
    const std::vector<MountPlan>& mounts, const std::stop_token& stop);

// The mark of a directory that hides what layers below have of it, as the
// layers of this process's user namespace carry it.
const char* opaque_mark();

}  // namespace runtime

// The Spec's mounts as the user namespace that this process is in allows them.
//
// A kernel file system can be mounted only by who owns the namespace that it
// shows: sysfs with the machine's network is not ours to mount, so the /sys
// there is is shown instead, as rootless runc and crun do. devpts cannot give
// terminals to a group that does not exist.
#pragma once

#include <vector>

#include "runtime/spec.h"

namespace runtime {

// As they are where this process is in the machine's own user namespace.
std::vector<Mount> fit_mounts(const Spec& spec);

}  // namespace runtime

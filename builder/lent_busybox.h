// A busybox of this machine for sandboxes whose image has no shell: a program
// that needs no library of the image's.
#pragma once

#include <filesystem>

#include "store/lease.h"

namespace builder {

// A directory of the lease with a copy of busybox, and a link to it by the name
// of each program it can be.
// Throws: not_found when this machine has none that is statically linked.
std::filesystem::path lend_busybox(const store::Lease& lease);

}  // namespace builder

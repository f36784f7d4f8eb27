// Removes from the upper directory what setting up had to write there.
//
// Where the image hides a mount point without having it, the child makes it in
// the merged view, which writes it to upper and copies its parents up. It puts
// the parents' times back and reports the state of each such path (Trace).
// After the step, whatever still is in exactly that state goes: a mount point
// nobody wrote to, then each parent that was only copied up and holds nothing.
//
// "Exactly that state" is the change time with mode, owner and modification
// time: any change by the step alters the change time. Taken together they
// also hold where two changes fall into one tick of the kernel's clock.
#pragma once

#include <vector>

#include "base/fd.h"
#include "runtime/report.h"

namespace runtime {

// Whether `upper` held anything before the step: then a directory above a
// mount point may have been in it already, and stays.
enum class UpperBefore { empty, used };

UpperBefore look_at_upper(const base::Fd& upper);

// The mount that made `upper` part of an overlay must be gone.
// Throws: system.
void sweep_traces(const base::Fd& upper, UpperBefore before,
                  const std::vector<Trace>& traces);

}  // namespace runtime

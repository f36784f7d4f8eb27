// What a step gave modification times on purpose.
//
// Times never count in a key, and a step that ran again and wrote the same
// files keeps its older layer: the clock alone must not make a new one. But a
// step that sets times (touch -d @$SOURCE_DATE_EPOCH, tar, dpkg) means them. A
// time outside the step's own run was set; those are part of what tells the
// results of a RUN apart, and of the key of what stands on it.
#pragma once

#include "base/digest.h"
#include "store/entry.h"
#include "store/layer_store.h"

namespace builder {

// The layer's stable digest when all its times are from `started` until now;
// else one that has the others too. The kernel stamps files by a coarser clock:
// what is only a little before the start counts as within.
base::Digest digest_with_set_times(const store::SealedLayer& sealed,
                                   store::Timestamp started,
                                   store::Timestamp ended);

}  // namespace builder

// The root file system of a sandbox: layers of the store below, directories of
// a lease for what changes.
#pragma once

#include <span>

#include "base/digest.h"
#include "runtime/spec.h"
#include "store/lease.h"
#include "store/store.h"

namespace builder {

// `diff_ids` are bottom first. Throws: not_found for a layer that is not
// extracted in the store.
runtime::Root make_sandbox_root(store::Store& store, const store::Lease& lease,
                                std::span<const base::Digest> diff_ids,
                                runtime::RootForm form);

}  // namespace builder

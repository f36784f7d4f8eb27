// A main build context from an address, got before anything is planned, since
// the Dockerfile is in it. It becomes a layer of the store, as an ADD's would,
// so that a later build gets only what is new.
#pragma once

#include <filesystem>

#include "builder/exec_step.h"
#include "builder/operation.h"
#include "store/store.h"

namespace builder {

// The layer's directory: the tree of a repository, or one file. `lease` is for
// work in flight.
// Throws: what RemoteLayers::get throws, with the address.
std::filesystem::path fetch_context(const Operation& operation,
                                    const Secrets& secrets, Servers servers,
                                    store::Store& store,
                                    const store::Lease& lease);

}  // namespace builder

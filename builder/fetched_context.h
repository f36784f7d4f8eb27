// A main build context from an address, fetched below a lease before anything
// is planned, since the Dockerfile is in it.
#pragma once

#include <filesystem>
#include <stop_token>

#include "builder/exec_step.h"
#include "builder/operation.h"
#include "store/store.h"

namespace builder {

// The directory with the working tree.
// Throws: what git's failures are, with the address; cancelled.
std::filesystem::path fetch_tree(const GitOp& op, const Secrets& secrets,
                                 store::Store& store,
                                 const store::Lease& lease);

// The directory with the one file.
// Throws: what registry::download throws, with the address.
std::filesystem::path fetch_download(const HttpOp& op, const Secrets& secrets,
                                     const store::Lease& lease);

}  // namespace builder

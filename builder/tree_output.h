// An image's whole file system, all layers as one tree, without its
// configuration: as one tar, or as files in a directory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <stop_token>

#include "base/digest.h"
#include "store/store.h"

namespace builder {

// A canonical tar (store/tar_encoder.h): equal trees give equal bytes.
// `destination` "-" is standard output. Throws: system, denied, cancelled.
void write_tree_tar(store::Store& store, std::span<const base::Digest> diff_ids,
                    const std::filesystem::path& destination,
                    std::stop_token stop);

// Into a directory, made when absent, beside what is there already; a file or
// link of the same name is replaced. Everything belongs to the caller, as with
// other builders, without the rights that went with another owner; device nodes
// are left out, and how many were is returned. No link in the directory is
// followed.
// Throws: invalid_input where a directory is in the way of anything else;
// system, denied, cancelled.
std::size_t write_tree(store::Store& store,
                       std::span<const base::Digest> diff_ids,
                       const std::filesystem::path& directory,
                       std::stop_token stop);

}  // namespace builder

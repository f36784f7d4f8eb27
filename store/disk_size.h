// What files take on disk, in blocks rather than lengths.
#pragma once

#include <cstdint>
#include <filesystem>

namespace store {

// Of a file, or of a directory's own; 0 for what is gone by now.
std::uint64_t allocated_bytes(const std::filesystem::path& path);

// Of a directory with all below. What we may not read is left out.
std::uint64_t allocated_below(const std::filesystem::path& directory);

}  // namespace store

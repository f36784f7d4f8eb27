// Streams of bytes as functions: what the encoder writes to and readers read
// from, so that hashing, compressing and writing compose.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace store {

// Takes all of `bytes`; throws when it cannot.
using ByteSink = std::function<void(std::string_view bytes)>;

// Fills up to `size` bytes and returns how many; 0 at the end.
using ByteSource =
    std::function<std::size_t(std::byte* buffer, std::size_t size)>;

}  // namespace store

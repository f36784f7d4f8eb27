// What a server that knows no ranges sends again, passed over.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "registry/unavailable.h"

namespace registry {

// `reply` has read(buffer, size), 0 at its end. Throws: Unavailable when it
// ends too early; what it throws.
template <typename Reply>
void skip_bytes(Reply& reply, std::uint64_t count) {
  std::byte buffer[16384];
  while (count > 0) {
    const std::size_t got =
        reply.read(buffer, static_cast<std::size_t>(
                               std::min<std::uint64_t>(count, sizeof(buffer))));
    if (got == 0) throw Unavailable("it ended too early");
    count -= got;
  }
}

}  // namespace registry

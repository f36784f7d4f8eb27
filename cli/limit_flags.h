// The values of --ulimit, --shm-size and other flags that limit a process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/spec.h"

namespace cli {

// A size with a unit, "512m" or "1.5g", for the flag of that name.
// Throws: usage.
std::int64_t parse_bytes(std::string_view flag, const std::string& text);

// Bytes of /dev/shm. Throws: usage.
std::uint64_t read_shm_size(const std::string& text);

// NAME=SOFT[:HARD] as setrlimit(2) has them, without RLIMIT_ and in any case;
// -1 is no limit, and a missing HARD is SOFT. The last of a name counts.
// Throws: usage.
void add_ulimit(const std::string& word, std::vector<runtime::Rlimit>& limits);

}  // namespace cli

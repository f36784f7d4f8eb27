// The value of --filter until=: an age, or a time.
#pragma once

#include <chrono>
#include <string>

namespace cli {

// "24h" ago from `now`; or a time in UTC: "2026-01-31T12:00:00Z", with or
// without the Z, or the day alone. `filter` is the whole text, for the error.
// Throws: usage, also for an age below zero, which would be in the future.
std::chrono::sys_seconds read_until(const std::string& filter,
                                    const std::string& value,
                                    std::chrono::sys_seconds now);

}  // namespace cli

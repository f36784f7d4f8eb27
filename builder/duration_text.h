// How long something took, as people read it.
#pragma once

#include <chrono>
#include <string>

namespace builder {

// "8ms", "0.3s", "12.3s", "2m05s", "1h02m".
std::string render_duration(std::chrono::nanoseconds elapsed);

}  // namespace builder

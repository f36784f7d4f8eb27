#include "builder/duration_text.h"

#include <fmt/format.h>

namespace builder {

std::string render_duration(std::chrono::nanoseconds elapsed) {
  using namespace std::chrono;
  const auto ms = round<milliseconds>(elapsed).count();
  if (ms < 100) return fmt::format("{}ms", ms);
  const auto tenths = (ms + 50) / 100;
  if (tenths < 600) return fmt::format("{}.{}s", tenths / 10, tenths % 10);
  const auto seconds = (ms + 500) / 1000;
  if (seconds < 3600) {
    return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  }
  return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
}

}  // namespace builder

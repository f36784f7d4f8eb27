#include "cli/step_usage.h"

#include <fmt/format.h>

#include "builder/duration_text.h"
#include "builder/memory_shortage.h"

namespace cli {

std::string render_usage(const runtime::Usage& usage) {
  return fmt::format(
      "cpu {}, memory {}",
      builder::render_duration(usage.user_cpu + usage.system_cpu),
      builder::render_memory(usage.peak_memory_bytes));
}

bool is_notable(const runtime::Usage& usage) {
  constexpr std::chrono::seconds kLongCpu{1};
  constexpr std::uint64_t kMuchMemory = 64 << 20;
  return usage.user_cpu + usage.system_cpu > kLongCpu ||
         usage.peak_memory_bytes > kMuchMemory;
}

}  // namespace cli

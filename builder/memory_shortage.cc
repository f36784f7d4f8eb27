#include "builder/memory_shortage.h"

#include <fmt/format.h>

namespace builder {

std::string render_memory(std::uint64_t bytes) {
  constexpr double kMiB = 1 << 20;
  constexpr double kGiB = 1 << 30;
  const auto size = static_cast<double>(bytes);
  if (size >= kGiB) return fmt::format("{:.3g} GiB", size / kGiB);
  if (size >= 10 * kMiB) return fmt::format("{:.0f} MiB", size / kMiB);
  return fmt::format("{:.1f} MiB", size / kMiB);
}

std::string render_shortage(const runtime::Usage& usage,
                            const runtime::Resources& resources) {
  if (usage.oom_kills == 0) return {};
  const std::string peak = render_memory(usage.peak_memory_bytes);
  if (!resources.memory.limit) {
    return fmt::format(
        "out of memory: the machine's, or that of the control group strake "
        "runs in (peak {})",
        peak);
  }
  const auto limit = static_cast<std::uint64_t>(*resources.memory.limit);
  return fmt::format("out of memory (limit {}, peak {})", render_memory(limit),
                     peak);
}

}  // namespace builder

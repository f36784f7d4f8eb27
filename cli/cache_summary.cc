#include "cli/cache_summary.h"

#include <fmt/format.h>

#include "cli/table.h"

namespace cli {
namespace {

std::string render_seconds(std::chrono::milliseconds time) {
  return fmt::format("{:.1f}s", std::chrono::duration<double>(time).count());
}

// "3m12s", "1h04m", "0.8s".
std::string render_saving(std::chrono::milliseconds time) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds >= 3600) {
    return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
  }
  if (seconds >= 60)
    return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  return render_seconds(time);
}

}  // namespace

std::string render_cache_summary(const builder::CacheReport& report) {
  std::string line = fmt::format("cache: {} of {} step{}", report.cached,
                                 report.steps, report.steps == 1 ? "" : "s");
  if (report.saved.count() > 0) {
    line += fmt::format(" (saves {})", render_saving(report.saved));
  }
  std::string costs;
  if (report.has_sources) {
    costs += fmt::format("; read {} in {}", render_size(report.read.read_bytes),
                         render_seconds(report.read.elapsed));
  }
  if (report.has_targets) {
    costs += fmt::format("{}wrote {} in {}", costs.empty() ? "; " : ", ",
                         render_size(report.written_bytes),
                         render_seconds(report.write_elapsed));
  }
  return line + costs;
}

}  // namespace cli

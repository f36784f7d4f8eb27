#include "cli/cache_summary.h"

#include <fmt/format.h>

#include "builder/duration_text.h"
#include "cli/table.h"

namespace cli {
std::string render_cache_summary(const builder::CacheReport& report) {
  std::string line = fmt::format("cache: {} of {} step{}", report.cached,
                                 report.steps, report.steps == 1 ? "" : "s");
  if (report.saved.count() > 0) {
    line += fmt::format(" (saves {})", builder::render_duration(report.saved));
  }
  std::string costs;
  if (report.has_sources) {
    costs += fmt::format("; read {} in {}", render_size(report.read.read_bytes),
                         builder::render_duration(report.read.elapsed));
  }
  if (report.has_targets) {
    costs += fmt::format("{}wrote {} in {}", costs.empty() ? "; " : ", ",
                         render_size(report.written_bytes),
                         builder::render_duration(report.write_elapsed));
  }
  return line + costs;
}

}  // namespace cli

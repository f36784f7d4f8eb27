#include "cli/progress_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "builder/duration_text.h"
#include "cli/clean_text.h"
#include "cli/progress_frame.h"
#include "cli/table.h"
#include "cli/text_width.h"

namespace cli {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxWorks = 4;
constexpr std::size_t kTitleColumns = 24;
// What took less than this, or this part of the whole, tells nothing.
constexpr milliseconds kShortest{10};
constexpr int kSmallestPart = 20;

std::string count_steps(const BuildSummary& summary) {
  const std::size_t run = summary.steps - summary.cached;
  const char* plural = summary.steps == 1 ? "" : "s";
  if (summary.steps == 0) return "no steps";
  if (run == 0 && summary.steps > 1) {
    return fmt::format("all {} steps cached", summary.steps);
  }
  if (run == 0) return "1 step cached";
  if (summary.cached == 0) return fmt::format("{} step{} run", run, plural);
  return fmt::format("{} of {} steps run, {} cached", run, summary.steps,
                     summary.cached);
}

}  // namespace

std::vector<std::string> render_summary(const BuildSummary& summary,
                                        const Screen& screen) {
  const std::string_view mark = screen.has_utf8 ? "…" : "..";
  const std::size_t columns = std::max<std::size_t>(screen.columns, 2) - 1;
  std::string names;
  for (const std::string& name : summary.end.names) {
    names += (names.empty() ? "" : ", ") + clean_line(name);
  }
  const std::string made =
      fmt::format("built {}{}sha256:{}  {}", names, names.empty() ? "" : "  ",
                  summary.end.image_id.brief(), count_steps(summary));

  const bool has_oldest = summary.oldest.time_since_epoch().count() != 0;
  const std::string age =
      has_oldest ? ", oldest " + render_age(summary.oldest) : "";
  const bool fits = text_width(made) + text_width(age) <= columns;
  std::vector<TimedWork> works = summary.works;
  works.push_back({"looking", summary.total - summary.busy});
  std::erase_if(works, [&](const TimedWork& work) {
    return work.elapsed < kShortest ||
           work.elapsed * kSmallestPart < summary.total;
  });
  std::stable_sort(works.begin(), works.end(),
                   [](const TimedWork& a, const TimedWork& b) {
                     return a.elapsed > b.elapsed;
                   });
  // Nothing but looking: there is nothing to tell apart.
  if (summary.works.empty()) works.clear();
  if (works.size() > kMaxWorks) works.resize(kMaxWorks);
  std::string spent = "in " + builder::render_duration(summary.total);
  std::string_view separator = ": ";
  for (const TimedWork& work : works) {
    const std::string next = fmt::format(
        "{}{} {}", separator, builder::render_duration(work.elapsed),
        cut_text(work.title, kTitleColumns, mark));
    const bool is_first = separator == ": ";
    if (!is_first && text_width(spent) + text_width(next) > columns) break;
    spent += next;
    separator = ", ";
  }
  return {fits ? made + age : made, cut_text(spent, columns, mark)};
}

}  // namespace cli

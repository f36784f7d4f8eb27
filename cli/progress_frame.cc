#include "cli/progress_frame.h"

#include <fmt/format.h>

#include <algorithm>

#include "builder/duration_text.h"
#include "cli/text_width.h"

namespace cli {
namespace {

constexpr std::size_t kIndent = 9;  // of titles and output: "> 12.3s  "
// When several steps run, each may show fewer lines than one alone.
constexpr std::size_t kTailLinesBesideOthers = 3;

constexpr std::string_view kBold = "1";
constexpr std::string_view kDim = "2";
constexpr std::string_view kRed = "31";
constexpr std::string_view kGreen = "32";
constexpr std::string_view kYellow = "33";

std::string paint(std::string_view text, std::string_view color,
                  const Screen& screen) {
  if (!screen.has_color || color.empty() || text.empty()) {
    return std::string(text);
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", color, text);
}

// Cut to what is left of a row behind `used` columns. The last column stays
// free: a terminal may break the line behind it.
std::string fit(std::string_view text, std::size_t used, const Screen& screen) {
  if (screen.columns <= used + 1) return {};
  return cut_text(text, screen.columns - used - 1,
                  screen.has_utf8 ? "…" : "..");
}

// "> 12s    [build 2/5] RUN make"
std::string render_row(std::string_view mark, std::string_view mark_color,
                       const std::string& time, std::string_view title,
                       std::string_view title_color, const Screen& screen) {
  return paint(mark, mark_color, screen) +
         fit(fmt::format(" {:<{}}", time, kIndent - 2), 1, screen) +
         paint(fit(title, kIndent, screen), title_color, screen);
}

// Grows by tenths, then by seconds: a second glance a second is enough.
std::string render_running_time(std::chrono::nanoseconds elapsed) {
  using namespace std::chrono;
  const auto tenths = floor<milliseconds>(elapsed).count() / 100;
  if (tenths < 100) return fmt::format("{}.{}s", tenths / 10, tenths % 10);
  if (tenths < 600) return fmt::format("{}s", tenths / 10);
  return builder::render_duration(elapsed);
}

std::string count_steps(std::size_t count) {
  return fmt::format("{} step{}", count, count == 1 ? "" : "s");
}

}  // namespace

std::string render_over(WorkEnd end, std::chrono::nanoseconds elapsed,
                        const std::string& title,
                        const std::vector<std::string>& notes,
                        const Screen& screen) {
  const bool is_done = end == WorkEnd::done;
  const std::string_view mark =
      screen.has_utf8 ? (is_done ? "✓" : "✗") : (is_done ? "+" : "x");
  std::string row = render_row(mark, is_done ? kGreen : kRed,
                               builder::render_duration(elapsed), title,
                               is_done ? "" : kRed, screen);
  std::size_t columns = kIndent + text_width(title);
  std::string shown;
  for (const std::string& note : notes) {
    const std::size_t wanted = 2 + text_width(note);
    if (note.empty() || columns + wanted >= screen.columns) continue;
    columns += wanted;
    shown += (shown.empty() ? "" : ", ") + note;
  }
  if (shown.empty()) return row;
  return row + "  " + paint(shown, kDim, screen);
}

bool fits_behind(const std::string& title, const std::string& note,
                 const Screen& screen) {
  return kIndent + text_width(title) + 2 + text_width(note) < screen.columns;
}

std::string render_below(const std::string& text, const Screen& screen) {
  const std::string line = fit(text, kIndent, screen);
  return std::string(line.empty() ? 0 : kIndent, ' ') +
         paint(line, kDim, screen);
}

std::string render_cached(std::size_t count, const Screen& screen) {
  return paint(fit("  " + count_steps(count) + " cached", 0, screen), kDim,
               screen);
}

std::string render_warning(const std::string& text, const Screen& screen) {
  return paint("warning:", kYellow, screen) + " " + text;
}

std::vector<std::string> render_frame(const FrameState& state,
                                      const Screen& screen,
                                      Clock::time_point now) {
  std::vector<const RunningWork*> running;
  for (const RunningWork& work : state.running) running.push_back(&work);
  std::stable_sort(
      running.begin(), running.end(),
      [](const auto* a, const auto* b) { return a->start < b->start; });

  std::vector<std::string> lines;
  // The row below the frame is where the cursor rests.
  std::size_t rows = std::max<std::size_t>(screen.rows, 2) - 1;
  if (state.cached > 0 && rows > 1) {
    lines.push_back(render_cached(state.cached, screen));
    --rows;
  }
  std::size_t hidden = 0;
  if (running.size() > rows) {
    const std::size_t shown = std::max<std::size_t>(rows, 2) - 1;
    hidden = running.size() - shown;
    running.resize(shown);
  }
  std::size_t spare = rows - std::min(rows, running.size() + (hidden > 0));
  const std::size_t most =
      running.size() == 1 ? kMaxTailLines : kTailLinesBesideOthers;
  for (std::size_t i = 0; i < running.size(); ++i) {
    const RunningWork& work = *running[i];
    std::string row =
        render_row(">", kGreen, render_running_time(now - work.start),
                   work.title, kBold, screen);
    const bool fits = fits_behind(work.title, work.because, screen);
    if (!work.because.empty() && fits) {
      row += "  " + paint(work.because, kDim, screen);
    }
    lines.push_back(std::move(row));
    if (!work.because.empty() && !fits && spare > 0) {
      lines.push_back(render_below(work.because, screen));
      --spare;
    }
    const std::size_t count =
        std::min({work.tail.size(), most, spare / (running.size() - i)});
    spare -= count;
    for (std::size_t n = work.tail.size() - count; n < work.tail.size(); ++n) {
      lines.push_back(render_below(work.tail[n], screen));
    }
  }
  if (hidden > 0 && rows > 1) {
    lines.push_back(fit(fmt::format("  +{} more", hidden), 0, screen));
  }
  return lines;
}

}  // namespace cli

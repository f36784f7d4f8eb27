#include "cli/live_region.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/clean_text.h"
#include "cli/text_width.h"

namespace cli {
namespace {

constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";
constexpr std::string_view kBeginFrame = "\x1b[?2026h";
constexpr std::string_view kEndFrame = "\x1b[?2026l";
constexpr std::string_view kClearRest = "\x1b[K";   // of the line
constexpr std::string_view kClearBelow = "\x1b[J";  // of the screen

}  // namespace

// A terminal that was made narrower has broken the lines anew.
std::size_t LiveRegion::count_rows(std::size_t columns) const {
  if (columns >= columns_) return shown_.size();
  std::size_t rows = 0;
  for (const std::string& line : shown_) {
    const std::size_t width = text_width(clean_line(line));
    rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
  }
  return rows;
}

std::string LiveRegion::update(const std::vector<std::string>& lasting,
                               const std::vector<std::string>& live,
                               std::size_t columns) {
  if (lasting.empty() && live == shown_ && columns == columns_) return {};
  std::string out;
  const bool is_plain = shown_.empty() && live.empty();
  if (!is_plain) out += kBeginFrame;
  if (!live.empty() && !is_cursor_hidden_) out += kHideCursor;
  if (const std::size_t rows = count_rows(columns)) {
    out += fmt::format("\x1b[{}A\r", rows);
  }
  for (const auto* lines : {&lasting, &live}) {
    for (const std::string& line : *lines) {
      out += line;
      if (!is_plain) out += kClearRest;
      out += "\n";
    }
  }
  if (!shown_.empty()) out += kClearBelow;
  if (live.empty() && is_cursor_hidden_) out += kShowCursor;
  if (!is_plain) out += kEndFrame;
  is_cursor_hidden_ = !live.empty();
  shown_ = live;
  columns_ = columns;
  return out;
}

}  // namespace cli

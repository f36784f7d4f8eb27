#include "cli/debug_log.h"

#include <fmt/format.h>

#include <string>

#include "cli/clean_text.h"
#include "cli/terminal.h"

namespace cli {
namespace {

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return clean_line(out);
}

std::string quote(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \t\n\"") == std::string::npos) {
    return clean_line(value);
  }
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return one_line(quoted + '"');
}

}  // namespace

std::string render_debug_line(const base::TraceEvent& event,
                              std::chrono::steady_clock::time_point start) {
  const auto now =
      event.start + event.duration.value_or(std::chrono::nanoseconds::zero());
  std::string line =
      fmt::format("debug {:.3f}ms {}: {}", milliseconds(now - start),
                  event.category, one_line(event.name));
  for (const base::TraceFact& fact : event.facts) {
    line += fmt::format(" {}={}", fact.name, quote(fact.value));
  }
  if (event.duration) {
    line += fmt::format(" took={:.3f}ms", milliseconds(*event.duration));
  }
  return line + "\n";
}

void DebugLog::add(const base::TraceEvent& event) {
  write_to_stderr(render_debug_line(event, start_));
}

}  // namespace cli

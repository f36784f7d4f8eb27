#include "cli/plain_progress.h"

#include <fmt/format.h>

#include "cli/clean_text.h"
#include "cli/findings_text.h"
#include "cli/step_usage.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

void PlainProgress::found(const builder::LintReport& report) {
  std::string text;
  for (const std::string& warning : render_warnings(report)) {
    text += fmt::format("warning: {}\n", warning);
  }
  const auto steps = steps_.lock();
  write_to_stderr(text);
}

void PlainProgress::planned(const builder::Plan& plan) {
  for (const std::string& text : plan.warnings) warning(text);
}

void PlainProgress::fetching(std::size_t layers, std::uint64_t bytes,
                             std::string_view origin) {
  note(fmt::format("fetching {} layer{}, {}, from {}", layers,
                   layers == 1 ? "" : "s", render_size(bytes), origin));
}

void PlainProgress::started(std::size_t number, const builder::Vertex& vertex) {
  const auto steps = steps_.lock();
  (*steps)[number].start = Clock::now();
  write_to_stderr(fmt::format("#{} {} {}\n", number + 1,
                              builder::render_place(vertex),
                              clean_line(vertex.title)));
}

void PlainProgress::running(std::size_t number,
                            const builder::CacheMiss& miss) {
  if (miss.reason.empty()) return;
  const auto steps = steps_.lock();
  std::string lines =
      fmt::format("#{} because {}\n", number + 1, clean_line(miss.reason));
  for (std::size_t i = 1; explains_ && i < miss.parts.size(); ++i) {
    lines +=
        fmt::format("#{}   also {}\n", number + 1, clean_line(miss.parts[i]));
  }
  write_to_stderr(lines);
}

void PlainProgress::output(std::size_t number, runtime::Stream stream,
                           std::string_view bytes) {
  const auto steps = steps_.lock();
  Step& step = (*steps)[number];
  std::string lines;
  step.lines[static_cast<std::size_t>(stream)].append(
      bytes, [&](const std::string& line) {
        lines += fmt::format("#{} {:.2f} {}\n", number + 1,
                             seconds_since(step.start), line);
      });
  if (!lines.empty()) write_to_stderr(lines);
}

void PlainProgress::flush_lines(std::size_t number, Step& step) {
  for (LineBuffer& lines : step.lines) {
    if (!lines.has_partial()) continue;
    write_to_stderr(fmt::format("#{} {:.2f} {}\n", number + 1,
                                seconds_since(step.start), lines.partial()));
    lines.clear();
  }
}

void PlainProgress::cached(std::size_t number, const builder::CacheHit& hit) {
  // A base was not made by a step.
  const bool has_age = hit.recorded.time_since_epoch().count() != 0;
  const std::string age = has_age ? render_age(hit.recorded) : "";
  const auto steps = steps_.lock();
  flush_lines(number, (*steps)[number]);
  std::string lines =
      fmt::format("#{} CACHED{}{}{}{}{}\n", number + 1,
                  hit.origin.empty() ? "" : " from ", clean_line(hit.origin),
                  age.empty() ? "" : " (", age, age.empty() ? "" : ")");
  for (std::size_t i = 0; explains_ && i < hit.parts.size(); ++i) {
    const std::string& part = hit.parts[i];
    lines += fmt::format("#{}   {}\n", number + 1, clean_line(part));
  }
  write_to_stderr(lines);
}

void PlainProgress::done(std::size_t number, const builder::StepCost& cost) {
  const auto steps = steps_.lock();
  flush_lines(number, (*steps)[number]);
  const std::string used = cost.usage ? render_usage(*cost.usage) : "";
  write_to_stderr(
      fmt::format("#{} DONE {:.1f}s{}{}{}\n", number + 1,
                  std::chrono::duration<double>(cost.elapsed).count(),
                  used.empty() ? "" : " (", used, used.empty() ? "" : ")"));
}

void PlainProgress::failed(std::size_t number, const base::Error& error) {
  const auto steps = steps_.lock();
  flush_lines(number, (*steps)[number]);
  write_to_stderr(
      fmt::format("#{} ERROR {}\n", number + 1, clean_text(error.message())));
}

void PlainProgress::warning(std::string_view text) {
  const auto steps = steps_.lock();
  write_to_stderr(fmt::format("warning: {}\n", clean_text(text)));
}

void PlainProgress::note(std::string_view text) {
  const auto steps = steps_.lock();
  write_to_stderr(fmt::format("{}\n", clean_text(text)));
}

void QuietProgress::planned(const builder::Plan& plan) {
  for (const std::string& text : plan.warnings) warning(text);
}

void QuietProgress::warning(std::string_view text) {
  write_to_stderr(fmt::format("warning: {}\n", clean_text(text)));
}

}  // namespace cli

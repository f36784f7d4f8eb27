#include "cli/findings_text.h"

#include <fmt/format.h>

#include "cli/clean_text.h"

namespace cli {
namespace {

using builder::LintReport;
using parser::LintFinding;

// More would push what the build itself says off the screen.
constexpr std::size_t kMostWarnings = 8;

std::string excerpt_of(const LintFinding& finding, const LintReport& report) {
  if (finding.hides_source) return {};
  return builder::render_excerpt(report.file,
                                 finding.focus.value_or(finding.range));
}

std::string_view name_of(const LintFinding& finding) {
  return parser::info_of(finding.rule).name;
}

std::string count(std::size_t findings, const char* one, const char* many) {
  return fmt::format("{} {}", findings, findings == 1 ? one : many);
}

}  // namespace

std::vector<std::string> render_warnings(const LintReport& report) {
  std::vector<std::string> blocks;
  for (const LintFinding& finding : report.findings) {
    if (blocks.size() == kMostWarnings) break;
    const std::string place = finding.range.start.line == 0
                                  ? ""
                                  : fmt::format("{}:{}: ", report.file.name,
                                                finding.range.start.line);
    std::string text =
        fmt::format("{}{}: {}\n{}", place, name_of(finding), finding.message,
                    excerpt_of(finding, report));
    text.pop_back();
    blocks.push_back(clean_text(text));
  }
  const std::size_t more = report.findings.size() - blocks.size();
  if (more > 0) {
    blocks.push_back(
        fmt::format("{} more; \"strake build --check\" shows all", more));
  }
  return blocks;
}

std::string render_check(const LintReport& report) {
  if (report.findings.empty()) return "Check complete, no warnings found.\n";
  std::string text = fmt::format(
      "Check complete, {} been found!\n",
      count(report.findings.size(), "warning has", "warnings have"));
  for (const LintFinding& finding : report.findings) {
    const std::string url = parser::info_of(finding.rule).url();
    text += fmt::format("\nWARNING: {}{}{}\n{}\n", name_of(finding),
                        url.empty() ? "" : " - ", url, finding.message);
    if (finding.range.start.line == 0) continue;
    text += fmt::format("{}:{}\n{}", report.file.name, finding.range.start.line,
                        excerpt_of(finding, report));
  }
  return clean_text(text);
}

}  // namespace cli

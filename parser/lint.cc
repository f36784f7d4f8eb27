#include "parser/lint.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "parser/lint_passes.h"

namespace parser {

namespace {

bool is_verbatim(const Range& range, std::string_view text) {
  return range.start.line == range.end.line &&
         range.end.column - range.start.column == text.size();
}

// What the file and the comments above the finding's instructions want.
LintOptions options_at(const LintFinding& finding, const Dockerfile& file,
                       const LintOptions& options) {
  LintOptions merged = options;
  const auto take = [&](const Range& range) {
    if (const Instruction* at = find_instruction(file, range.start.line)) {
      merged.merge(find_lint_options(at->comments));
    }
  };
  take(finding.range);
  if (finding.cause) take(*finding.cause);
  return merged;
}

}  // namespace

Range range_of_first(const Word& word, std::size_t bytes) {
  Range range = word.range;
  if (is_verbatim(range, word.text) && bytes < word.text.size()) {
    range.end.column = range.start.column + static_cast<std::uint32_t>(bytes);
  }
  return range;
}

Range range_of_value(const Flag& flag) {
  Range range = flag.range;
  const std::size_t size = flag.value.value_or("").size();
  if (is_verbatim(range, flag.text) && size < flag.text.size()) {
    range.start.column += static_cast<std::uint32_t>(flag.text.size() - size);
  }
  return range;
}

std::string_view name_of_pair(std::string_view word) {
  return word.substr(0, word.find('='));
}

const Instruction* find_instruction(const Dockerfile& file,
                                    std::uint32_t line) {
  const auto behind = std::upper_bound(
      file.instructions.begin(), file.instructions.end(), line,
      [](std::uint32_t wanted, const Instruction& instruction) {
        return wanted < instruction.range.start.line;
      });
  if (behind == file.instructions.begin()) return nullptr;
  const Instruction& found = *std::prev(behind);
  return line <= found.range.end.line ? &found : nullptr;
}

std::vector<LintFinding> lint_dockerfile(const Dockerfile& file) {
  LintFindings findings;
  lint_casing(file, findings);
  lint_instructions(file, findings);
  lint_secrets(file, findings);
  lint_packages(file, findings);
  lint_copies(file, findings);
  lint_rule_names(file, findings);
  return findings;
}

std::vector<LintFinding> select_findings(std::vector<LintFinding> findings,
                                         const Dockerfile& file,
                                         const LintOptions& options) {
  std::erase_if(findings, [&](const LintFinding& finding) {
    return !options_at(finding, file, options).wants(info_of(finding.rule));
  });
  const auto place = [](const LintFinding& finding) {
    const Range& marked = finding.focus ? *finding.focus : finding.range;
    return std::tuple(finding.range.start.line, marked.start.line,
                      marked.start.column, finding.rule);
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const LintFinding& left, const LintFinding& right) {
                     return place(left) < place(right);
                   });
  return findings;
}

}  // namespace parser

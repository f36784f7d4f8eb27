// Names in check options that are nearly those of a rule. Others are taken
// without a word: they may be of another version, or of another linter.
#include <string>
#include <vector>

#include "parser/ascii.h"
#include "parser/lint_passes.h"
#include "parser/values.h"

namespace parser {

namespace {

const std::vector<std::string_view>& rule_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const LintRuleInfo& rule : lint_rules()) all.push_back(rule.name);
    return all;
  }();
  return names;
}

bool is_rule(std::string_view name) {
  for (const std::string_view known : rule_names()) {
    if (known == name) return true;
  }
  return name.empty() || name == "all";
}

void lint_names(const RuleNames& rules, const Range& range,
                LintFindings& findings) {
  for (const std::string& name : rules.names) {
    if (is_rule(name)) continue;
    const std::string near = find_nearest(name, rule_names());
    if (near.empty()) continue;
    findings.push_back({LintRule::unknown_rule,
                        "check option names " + quote_word(name) +
                            ", which is no rule; did you mean \"" + near +
                            "\"?",
                        range,
                        {},
                        {}});
  }
}

void lint_options(const LintOptions& options, const Range& range,
                  LintFindings& findings) {
  lint_names(options.skip, range, findings);
  lint_names(options.experimental, range, findings);
}

// The directive's line; directives stand on top.
Range find_directive(const Dockerfile& file) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::string_view line = trim_blanks(file.lines[i]);
    if (!line.starts_with('#')) break;
    line.remove_prefix(1);
    if (!is_lint_comment(line)) continue;
    const auto number = static_cast<std::uint32_t>(i + 1);
    const auto size = static_cast<std::uint32_t>(file.lines[i].size());
    return {{number, 1}, {number, size + 1}};
  }
  return {};
}

}  // namespace

void lint_rule_names(const Dockerfile& file, LintFindings& findings) {
  if (const auto check = file.directives.find("check");
      check != file.directives.end()) {
    lint_options(parse_lint_options(check->second), find_directive(file),
                 findings);
  }
  for (const Instruction& instruction : file.instructions) {
    if (instruction.comments.empty()) continue;
    lint_options(find_lint_options(instruction.comments), instruction.range,
                 findings);
  }
}

}  // namespace parser

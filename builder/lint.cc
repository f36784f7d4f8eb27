#include "builder/lint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "builder/stage_planner.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace builder {
namespace {

constexpr const char* kOptionsArgument = "BUILDKIT_DOCKERFILE_CHECK";

parser::LintOptions read_options(const SourceFile& file,
                                 const BuildArgs& build_args) {
  if (const auto given = build_args.find(kOptionsArgument);
      given != build_args.end()) {
    try {
      return parser::parse_lint_options(given->second);
    } catch (const parser::SyntaxError& error) {
      throw base::Error(
          base::ErrorKind::usage,
          fmt::format("--build-arg {}: {}", kOptionsArgument, error.message()))
          .hint(error.hint());
    }
  }
  const auto directive = file.tree.directives.find("check");
  if (directive == file.tree.directives.end()) return {};
  return parser::parse_lint_options(directive->second);
}

// A search compares with each name, and each finding is a search.
constexpr std::size_t kMostNames = 500;
constexpr std::size_t kMostSearches = 200;

}  // namespace

Lint::Lint(const SourceFile& file, const BuildArgs& build_args,
           const parser::IgnoreFile* ignore)
    : file_(file),
      ignore_(ignore),
      options_(read_options(file, build_args)),
      findings_(parser::lint_dockerfile(file.tree)) {}

void Lint::add(parser::LintFinding finding) {
  const parser::Range& marked = finding.focus ? *finding.focus : finding.range;
  if (added_.emplace(finding.rule, finding.message, marked.start).second) {
    findings_.push_back(std::move(finding));
  }
}

std::string Lint::find_nearest(
    std::string_view word, const std::vector<std::string_view>& names) const {
  if (names.size() > kMostNames || added_.size() > kMostSearches) return {};
  return parser::find_nearest(word, names);
}

std::uint32_t Lint::hiding_line(std::string_view source) const {
  if (ignore_ == nullptr || ignore_->has_exceptions()) return 0;
  const std::string path = clean_path(source);
  // All of the build context is hidden by what hides everything.
  if (path.empty() || path == "/") return ignore_->decide(".").line();
  return ignore_->decide(path.starts_with('/') ? path.substr(1) : path).line();
}

LintReport Lint::report() const {
  std::vector<parser::LintFinding> findings = findings_;
  std::erase_if(findings, [this](const parser::LintFinding& finding) {
    if (parser::info_of(finding.rule).scope ==
        parser::LintRuleInfo::Scope::file) {
      return false;
    }
    const parser::Instruction* at =
        parser::find_instruction(file_.tree, finding.range.start.line);
    return at != nullptr && at->stage && !reached_.contains(*at->stage);
  });
  return {file_,
          parser::select_findings(std::move(findings), file_.tree, options_)};
}

void Lint::refuse_findings() const {
  if (!options_.is_error) return;
  const LintReport found = report();
  std::vector<std::string_view> rules;
  const parser::LintFinding* first = nullptr;
  for (const parser::LintFinding& finding : found.findings) {
    const parser::LintRuleInfo& rule = parser::info_of(finding.rule);
    if (!options_.fails_on(rule)) continue;
    if (first == nullptr) first = &finding;
    if (std::find(rules.begin(), rules.end(), rule.name) == rules.end()) {
      rules.push_back(rule.name);
    }
  }
  if (first == nullptr) return;
  throw error_at(
      file_, first->focus.value_or(first->range),
      fmt::format("lint violation found for rules: {}", fmt::join(rules, ", ")),
      "the check options of this build have error=true; put it "
      "right, or add skip=RULE");
}

}  // namespace builder

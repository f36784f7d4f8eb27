// What a Dockerfile says about its own lint: the value of the `check` directive
// and of the comments of that form above single instructions.
//
//   # check=skip=StageNameCasing,FromAsCasing;error=true
//   # check=experimental=all
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "parser/lint_rule.h"

namespace parser {

// Names of rules, which may be of other versions and unknown here; or all.
struct RuleNames {
  bool is_all = false;
  std::set<std::string, std::less<>> names;

  bool contains(std::string_view name) const {
    return is_all || names.contains(name);
  }
};

struct LintOptions {
  RuleNames skip;
  RuleNames experimental;
  bool is_error = false;  // findings fail the build

  // Whether findings of the rule are wanted.
  bool wants(const LintRuleInfo& rule) const;
  // Whether they fail a build that is_error. Ours do only when the file asks
  // for them by name: a file that BuildKit builds must not fail here.
  bool fails_on(const LintRuleInfo& rule) const;
  // Adds what a comment says about one instruction; `error` means nothing
  // there.
  void merge(const LintOptions& comment);
};

// Throws: SyntaxError with a range counted from 1:1 at the text's start.
LintOptions parse_lint_options(std::string_view text);

// The options in the comments above an instruction: the first that reads
// "check=…", up to a blank, what is behind it being the reason. One that is
// malformed says nothing, as all comments.
LintOptions find_lint_options(const std::vector<std::string>& comments);

// Whether a comment is of that form.
bool is_lint_comment(std::string_view comment);

}  // namespace parser

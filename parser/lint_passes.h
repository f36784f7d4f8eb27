// The passes of lint_dockerfile(), one per kind of rule. Each adds what it
// finds, in any order. Room-private.
#pragma once

#include <string_view>
#include <vector>

#include "parser/lint.h"

namespace parser {

using LintFindings = std::vector<LintFinding>;

void lint_casing(const Dockerfile& file, LintFindings& findings);
void lint_instructions(const Dockerfile& file, LintFindings& findings);
void lint_secrets(const Dockerfile& file, LintFindings& findings);
void lint_packages(const Dockerfile& file, LintFindings& findings);
void lint_rule_names(const Dockerfile& file, LintFindings& findings);
void lint_copies(const Dockerfile& file, LintFindings& findings);

// The place of a word's first bytes; the whole word's when it is not in the
// file as its text has it.
Range range_of_first(const Word& word, std::size_t bytes);

// The place of a flag's value, in the same way.
Range range_of_value(const Flag& flag);

// A word and the value behind its "=" when it is a pair, as ARG has them.
std::string_view name_of_pair(std::string_view word);

}  // namespace parser

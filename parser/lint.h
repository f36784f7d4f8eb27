// Lint: what is allowed but probably not meant, or better written otherwise.
//
// Rules that can be told from the text alone are here, each over the whole
// tree; rules that need values, images or the build context are told by the
// planner (builder/lint.h), which puts both kinds together.
//
// The cost is part of every build, also of one where all is cached, so the
// passes are linear: a file of 180 lines, 60 of them RUNs that install
// packages, takes 0.16 ms, where its parsing takes 0.11.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "parser/dockerfile.h"
#include "parser/lint_options.h"
#include "parser/lint_rule.h"

namespace parser {

struct LintFinding {
  LintRule rule;
  // What is wrong and what to write instead: lower case, no full stop.
  std::string message;
  // The instruction's: its first line is the finding's. Line 0: about no line.
  Range range;
  // The part of it to be marked, when it is not all.
  std::optional<Range> focus;
  // Of another instruction that makes this one wrong. A comment that silences
  // the rule may stand above either.
  std::optional<Range> cause;
  // The source line holds what must not get into a log.
  bool hides_source = false;
};

// All that the text shows, wanted or not. The tree may be a part of a file
// (parse_until_fault).
std::vector<LintFinding> lint_dockerfile(const Dockerfile& file);

// Those that the options and the comments above the instructions want, sorted
// by line.
std::vector<LintFinding> select_findings(std::vector<LintFinding> findings,
                                         const Dockerfile& file,
                                         const LintOptions& options);

// The instruction that a line of the file belongs to, or nullptr.
const Instruction* find_instruction(const Dockerfile& file, std::uint32_t line);

}  // namespace parser

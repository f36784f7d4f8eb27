// Lint with values: the findings of one file, those of its text (parser/lint.h)
// and those that the planner comes upon, which knows variables, stages and base
// images. Kept beside the plan, since a plan that fails has findings too.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "builder/diagnostic.h"
#include "builder/scope.h"
#include "parser/ignore_file.h"
#include "parser/lint.h"

namespace builder {

// A file's findings, sorted by line; what progress is told.
struct LintReport {
  const SourceFile& file;
  std::vector<parser::LintFinding> findings;
};

class Lint {
 public:
  // `file` must outlive it. `ignore` hides files of the build context; null:
  // there is none to be had. Options are the file's own or, where build
  // arguments have it, those of BUILDKIT_DOCKERFILE_CHECK.
  // Throws: usage when the argument is malformed.
  Lint(const SourceFile& file, const BuildArgs& build_args,
       const parser::IgnoreFile* ignore = nullptr);

  // From now on the stage is one of those that are built.
  void reach(std::size_t stage) { reached_.insert(stage); }

  // Adds a finding, once.
  void add(parser::LintFinding finding);

  // For its message: parser::find_nearest, or empty when there are so many
  // names or findings already that a search for each would take its time.
  std::string find_nearest(std::string_view word,
                           const std::vector<std::string_view>& names) const;

  // The ignore file's line that hides a source of COPY or ADD; 0 for none, and
  // always where an exception makes it too hard to tell.
  std::uint32_t hiding_line(std::string_view source) const;

  // What is wanted, of the text and of the stages reached.
  LintReport report() const;

  // Throws: invalid_dockerfile when the file says that findings are errors and
  // there are some.
  void refuse_findings() const;

 private:
  const SourceFile& file_;
  const parser::IgnoreFile* ignore_;
  parser::LintOptions options_;
  std::set<std::size_t> reached_;
  std::vector<parser::LintFinding> findings_;
  // Of those that were added: rule, message and place.
  std::set<std::tuple<parser::LintRule, std::string, parser::Position>> added_;
};

}  // namespace builder

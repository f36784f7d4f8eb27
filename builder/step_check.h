// What can be told of a plan's steps before they run: a source that is not
// there, a limit that cannot be set here, a secret that a later step will lack.
// Threads: take_selection() may be called at any time, the others by one
// thread.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/guarded.h"
#include "builder/diagnostic.h"
#include "builder/exec_step.h"
#include "builder/file_selection.h"
#include "builder/missing_source.h"
#include "builder/plan.h"
#include "builder/solve.h"

namespace builder {

class StepCheck {
 public:
  // All must outlive it.
  StepCheck(const SourceFile& file, const ExecEnvironment& environment,
            Progress& progress);

  // What the build contexts can tell. The plan must outlive the StepCheck.
  // Throws: not_found with the place of the instruction.
  void check(const Plan& plan);

  // What check() selected for a COPY of build contexts alone; once.
  std::optional<Selection> take_selection(const CopyOp& op);

  // That the step, which has to run, and those which stand on it, can. Throws:
  // what is in their way, with its place; StepError for one that stands on it.
  void check_miss(std::size_t number);

  // Points `range` at the word that names the source.
  [[noreturn]] void throw_missing(const Vertex& vertex,
                                  const MissingSource& missing,
                                  const store::MergedTree& tree,
                                  parser::Range& range) const;

  // Of the checked plan; null before check().
  const std::vector<Vertex>* vertices() const noexcept { return vertices_; }

 private:
  void check_copy(const Vertex& vertex, const CopyOp& op, parser::Range& range);
  void warn_of_hidden_matches(const CopyOp& op, const Selection& selection);
  void check_mounts(const ExecOp& op);
  void check_limits();
  void check_credentials_above(std::size_t number);

  const SourceFile& file_;
  const ExecEnvironment& environment_;
  Progress& progress_;
  const std::vector<Vertex>* vertices_ = nullptr;
  bool has_checked_limits_ = false;
  base::Guarded<std::map<const CopyOp*, Selection>> checked_;
};

}  // namespace builder

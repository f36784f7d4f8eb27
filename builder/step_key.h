// What a step is looked up by: its definition and what it stands on, the files
// that it reads, and, where that is not enough, what it sees of its base
// (base_view.h).
//
// Nothing is hashed that is known: contents of a build context come from its
// digests, those of layers from their indexes.
// Threads: all members may be called at once.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "builder/base_view.h"
#include "builder/cache_key.h"
#include "builder/exec_step.h"
#include "builder/file_selection.h"
#include "builder/last_build.h"
#include "builder/solve.h"
#include "builder/step_check.h"

namespace builder {

// A step's key, with what making it found out.
struct StepKey {
  CacheKey key;
  Selection selection = {};  // COPY and ADD
  // COPY, ADD and WORKDIR: what they see of their base, and their key with
  // that in place of the base's content, where it can stand for it.
  std::optional<BaseView> view = {};
  std::optional<CacheKey> view_key = {};
  // What of build contexts is read: by COPY (these are in `selection`), or
  // through bind mounts.
  std::vector<std::pair<BuildContext*, const SourceMatch*>> context_copies = {};
  std::vector<std::pair<BuildContext*, SourceMatch>> context_mounts = {};
  std::vector<SourceMatch> stage_mounts = {};  // of other bind mounts
};

class StepKeys {
 public:
  // Both must outlive it.
  StepKeys(const ExecEnvironment& environment, StepCheck& check);

  // A COPY whose source is not there has it in `selection.missing`, and no
  // input. Throws: not_found for a mount's.
  StepKey make(const Vertex& vertex, const StepInputs& inputs);

  // Fills `view` and `view_key`.
  void look_at_base(const Vertex& vertex, const StepInputs& inputs,
                    StepKey& made);

  // The files behind each input of the key, for people.
  std::vector<KeyInput> inputs_of(const Vertex& vertex,
                                  const StepKey& made) const;

 private:
  void add_copy_input(const CopyOp& op, const StepInputs& inputs,
                      StepKey& made);
  void add_mount_inputs(const ExecOp& op, const StepInputs& inputs,
                        StepKey& made);
  InputMatch name_match(const TreeSource& from, const SourceMatch& match) const;
  // What a step stands on.
  static Snapshot parent_of(const Operation& operation,
                            const StepInputs& inputs);
  store::MergedTree tree_of(const Snapshot& snapshot) const;

  const ExecEnvironment& environment_;
  StepCheck& check_;
};

// A file of a build context that is no longer what the key says; empty: none.
std::string find_context_change(const StepKey& made);

}  // namespace builder

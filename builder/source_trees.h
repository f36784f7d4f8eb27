// The trees that the sources of one COPY or ADD stand in: the build context, or
// what the vertices it reads have made.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/fd.h"
#include "builder/build_contexts.h"
#include "builder/operation.h"
#include "builder/solve.h"
#include "store/layer_store.h"
#include "store/merged_tree.h"

namespace builder {

// Threads: one at a time.
class SourceTrees {
 public:
  // All of these must outlive it.
  SourceTrees(const CopyOp& op, const StepInputs& inputs,
              BuildContexts& contexts, store::LayerStore& layers);

  // By a source's place in CopyOp::sources. Trees are made when first asked
  // for; equal ones once.
  const store::MergedTree& tree(std::size_t source);

  // A regular file of that tree, for reading.
  // Throws: not_found when it is gone since; system.
  base::Fd open(std::size_t source, const std::string& path);

 private:
  const CopyOp& op_;
  BuildContexts& contexts_;
  store::LayerStore& layers_;
  std::vector<const Snapshot*> snapshots_;  // by source; null for none
  std::map<const Snapshot*, store::MergedTree> made_;
  std::map<std::size_t, base::Fd> context_roots_;  // by number
};

}  // namespace builder

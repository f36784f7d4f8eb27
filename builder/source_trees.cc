#include "builder/source_trees.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/file_hash.h"

namespace builder {

SourceTrees::SourceTrees(const CopyOp& op, const StepInputs& inputs,
                         BuildContexts& contexts, store::LayerStore& layers)
    : op_(op), contexts_(contexts), layers_(layers) {
  std::size_t input = 0;
  for (const CopySource& source : op.sources) {
    const bool is_vertex = source.from.kind == TreeSource::Kind::vertex;
    snapshots_.push_back(is_vertex ? inputs.trees.at(input++) : nullptr);
  }
}

const store::MergedTree& SourceTrees::tree(std::size_t source) {
  const TreeSource& from = op_.sources[source].from;
  if (from.kind == TreeSource::Kind::context) {
    return contexts_.at(from.context).tree();
  }
  const Snapshot* snapshot = snapshots_[source];
  auto made = made_.find(snapshot);
  if (made == made_.end()) {
    const Snapshot nothing;
    made = made_
               .emplace(
                   snapshot,
                   layers_.merged((snapshot ? *snapshot : nothing).diff_ids()))
               .first;
  }
  return made->second;
}

base::Fd SourceTrees::open(std::size_t source, const std::string& path) {
  const TreeSource& from = op_.sources[source].from;
  if (from.kind == TreeSource::Kind::context) {
    base::Fd& root = context_roots_[from.context];
    if (!root) {
      root = base::open_file(contexts_.at(from.context).directory(),
                             O_RDONLY | O_DIRECTORY);
    }
    return open_regular(root, path);
  }
  const store::MergedTree& made = tree(source);
  const store::Entry* entry = made.find(path);
  if (entry == nullptr) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("\"{}\" is not there", path));
  }
  return made.open(*entry);
}

}  // namespace builder

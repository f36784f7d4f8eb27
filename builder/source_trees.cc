#include "builder/source_trees.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/file_hash.h"

namespace builder {

SourceTrees::SourceTrees(const CopyOp& op, const StepInputs& inputs,
                         BuildContext& context, store::LayerStore& layers)
    : op_(op), context_(context), layers_(layers) {
  std::size_t input = 0;
  for (const CopySource& source : op.sources) {
    const bool is_vertex = source.from.kind == TreeSource::Kind::vertex;
    snapshots_.push_back(is_vertex ? inputs.trees.at(input++) : nullptr);
  }
}

const store::MergedTree& SourceTrees::tree(std::size_t source) {
  if (op_.sources[source].from.kind == TreeSource::Kind::context) {
    return context_.tree();
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
  if (op_.sources[source].from.kind == TreeSource::Kind::context) {
    if (!context_root_) {
      context_root_ =
          base::open_file(context_.directory(), O_RDONLY | O_DIRECTORY);
    }
    const store::Entry* entry = context_.tree().find(path);
    // A socket cannot be opened, nor has it bytes.
    const bool is_socket = entry != nullptr && entry->content.is_set();
    if (is_socket) return base::open_file("/dev/null", O_RDONLY);
    return open_regular(context_root_, path);
  }
  const store::MergedTree& from = tree(source);
  const store::Entry* entry = from.find(path);
  if (entry == nullptr) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("\"{}\" is not there", path));
  }
  return from.open(*entry);
}

}  // namespace builder

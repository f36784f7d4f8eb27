#include "builder/copy_flags.h"

namespace builder {

void apply_copy_flags(const CopyOp& op,
                      const std::optional<store::Owner>& owner,
                      store::Entry& entry) {
  if (owner) entry.owner = *owner;
  if (!op.chmod || entry.type == store::EntryType::symlink) return;
  entry.mode = entry.type == store::EntryType::directory
                   ? op.chmod->of_directory(entry.mode)
                   : op.chmod->of_file(entry.mode);
}

}  // namespace builder

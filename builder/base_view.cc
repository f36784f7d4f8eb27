#include "builder/base_view.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"
#include "builder/accounts.h"
#include "builder/resolve_links.h"

namespace builder {
namespace {

using store::Entry;
using store::EntryType;
using store::FollowLast;
using store::MergedTree;

// Takes out of a base what a step sees of it.
class Viewer {
 public:
  explicit Viewer(const MergedTree& base) : base_(base) {}

  // Keeps what is on the way to `path`, and it.
  std::string keep_way(std::string_view path) {
    return resolve_links(
        "", path, FollowLast::yes,
        [this](std::string_view at) { return keep(base_.find(at)); });
  }

  // Keeps of what is at `path` only whether it is a directory.
  void keep_kind(std::string_view path) {
    const Entry* found = base_.find(path);
    if (found == nullptr || seen_.contains(path)) return;
    const bool is_directory = found->type == EntryType::directory;
    put(found->path, is_directory ? EntryType::directory : EntryType::regular);
  }

  bool is_empty_below(std::string_view directory) const {
    return base_.children(directory).empty();
  }

  BaseView finish(std::optional<store::Owner> owner) {
    std::vector<Entry> entries;
    base::Hasher hasher;
    hasher.update(owner ? fmt::format("view of {}:{}\n", owner->uid, owner->gid)
                        : "view\n");
    for (auto& [path, entry] : seen_) {
      store::hash_stable(entry, hasher);
      entries.push_back(std::move(entry));
    }
    std::vector<MergedTree::Layer> layers;
    layers.push_back(
        {std::make_shared<store::LayerIndex>(std::move(entries)), {}});
    return {MergedTree(std::move(layers)), owner, hasher.finish()};
  }

 private:
  Entry& put(const std::string& path, EntryType type) {
    Entry entry;
    entry.path = path;
    entry.type = type;
    return seen_.insert_or_assign(path, std::move(entry)).first->second;
  }

  const Entry* keep(const Entry* found) {
    if (found == nullptr) return nullptr;
    if (found->type == EntryType::directory) {
      Entry entry = *found;
      entry.opaque = false;  // of a layer, not of what the layers show
      seen_.insert_or_assign(found->path, std::move(entry));
    } else if (found->type == EntryType::symlink) {
      put(found->path, EntryType::symlink).link_target = found->link_target;
    } else {
      put(found->path, EntryType::regular);
    }
    return found;
  }

  const MergedTree& base_;
  std::map<std::string, Entry, std::less<>> seen_;
};

// Whether what is selected is copied as it is, and not perhaps unpacked.
bool is_plain_copy(const CopyOp& op, const Selection& selection) {
  if (!op.is_unpacking) return true;
  for (const SourceMatch& match : selection.matches) {
    if (op.sources[match.source].keeps_archive) continue;
    if (match.entry.type == EntryType::regular && match.entry.size_bytes > 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

BaseView view_copy(const CopyOp& op, const Selection& selection,
                   MergedTree base) {
  std::optional<store::Owner> owner;
  if (op.chown) owner = Accounts(base).find_owner(*op.chown);
  if (!is_plain_copy(op, selection)) return {std::move(base), owner, {}};
  Viewer viewer(base);
  const std::string destination = viewer.keep_way(op.destination);
  if (!viewer.is_empty_below(destination)) {
    for (const SourceMatch& match : selection.matches) {
      if (match.entry.type != EntryType::directory) {
        viewer.keep_kind(store::join_path(destination, match.name));
      }
      for (const Entry& member : match.members) {
        viewer.keep_kind(store::join_path(destination, member.path));
      }
    }
    for (const CopyOp::Inline& file : op.inline_files) {
      viewer.keep_kind(store::join_path(destination, file.name));
    }
  }
  return viewer.finish(owner);
}

BaseView view_workdir(const WorkDirOp& op, const MergedTree& base) {
  Viewer viewer(base);
  viewer.keep_way(op.path);
  std::optional<store::Owner> owner;
  try {
    if (!op.user.empty()) {
      const Account account = Accounts(base).find_user(op.user);
      owner = {account.uid, account.gid};
    }
  } catch (const base::Error& error) {
    // A user that does not exist yet owns nothing; RUN will say so.
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
  return viewer.finish(owner);
}

}  // namespace builder

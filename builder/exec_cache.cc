// RUN --mount=type=cache: the directory that a step gets, and who waits for
// whom.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "builder/copy_step.h"
#include "builder/exec_step.h"
#include "builder/file_hash.h"
#include "builder/file_selection.h"
#include "builder/stage_planner.h"
#include "builder/tree_edit.h"
#include "store/file_lock.h"

namespace builder {
namespace {

using parser::CacheSharing;

// Who lists or prunes has a lock for a moment, which is no reason for another
// directory.
constexpr int kAttempts = 3;
// Of a cache mount's directory; another mode is another directory.
constexpr std::uint32_t kCacheMode = 0755;

store::Owner owner_of(const parser::MountOption& option) {
  return {option.uid.value_or(0), option.gid.value_or(0)};
}

// Cleaned, relative; empty: the root.
std::string source_of(const parser::MountOption& option) {
  return clean_path("/" + option.source.value_or("")).substr(1);
}

}  // namespace

// Mounts of one step that mean one directory share it, whatever else they say;
// the strictest decides. Steps that lock several directories lock them in one
// order, or two such steps could wait for each other: that of the directories,
// since one id can mean several.
void ExecStep::take_caches() {
  const store::CacheMounts mounts(environment_.store);
  std::map<std::filesystem::path, std::vector<const ExecMount*>> groups;
  for (const ExecMount& mount : op_.mounts) {
    if (mount.option.type != parser::MountType::cache) continue;
    groups[mounts.path_of(cache_id(mount))].push_back(&mount);
  }
  for (const auto& [directory, group] : groups) {
    store::CacheMountUse use = take_cache(group);
    for (const ExecMount* mount : group) caches_[mount] = use.directory;
    cache_uses_.push_back(std::move(use));
  }
}

// `locked` waits for the other users; `private` takes another directory of the
// same id while one is in use; `shared` takes another only where the first is
// somebody's own.
store::CacheMountUse ExecStep::take_cache(
    const std::vector<const ExecMount*>& group) {
  store::CacheMounts mounts(environment_.store);
  const ExecMount& mount = *group.front();
  const auto fill = [&](const std::filesystem::path& directory) {
    fill_cache(mount, directory);
  };
  const auto has = [&group](CacheSharing sharing) {
    return std::any_of(group.begin(), group.end(), [&](const ExecMount* other) {
      return other->option.sharing == sharing;
    });
  };
  const bool is_locked = has(CacheSharing::locked);
  const bool is_private = !is_locked && has(CacheSharing::exclusive);
  const auto mode = is_locked || is_private ? store::LockMode::exclusive
                                            : store::LockMode::shared;
  std::string id = cache_id(mount);
  for (int attempt = 1, copy = 0;; ++attempt) {
    if (auto use = mounts.take(id, mode, fill)) {
      if (is_private) {
        use->begin();
        private_caches_.push_back(cache_uses_.size());
      }
      return std::move(*use);
    }
    if (is_locked && attempt == kAttempts) {
      log_->tell(
          fmt::format("waiting for the cache mount \"{}\", which another "
                      "step has locked",
                      *mount.option.id));
    }
    store::pause_for_lock(stop_, "a cache mount");
    if (is_locked || attempt % kAttempts != 0) continue;
    id = fmt::format("{} private={}", cache_id(mount), ++copy);
  }
}

// The command has ended by itself: what it left is what it wanted to leave.
void ExecStep::settle_caches() {
  for (const std::size_t use : private_caches_) cache_uses_.at(use).end();
}

// What makes another directory of one id: mode and owner, or what it starts as.
std::string ExecStep::cache_id(const ExecMount& mount) {
  const parser::MountOption& option = mount.option;
  std::string id = *option.id;
  const store::Owner owner = owner_of(option);
  const std::uint32_t mode = option.mode.value_or(kCacheMode);
  const std::string source = source_of(option);
  if (source.empty() && (mode != kCacheMode || owner != store::Owner())) {
    id += fmt::format(" mode={:o} uid={} gid={}", mode, owner.uid, owner.gid);
  }
  if (reads_tree(mount)) {
    id += fmt::format(" from={} source={}", base_content(mount).str(), source);
  }
  return id;
}

void ExecStep::fill_cache(const ExecMount& mount,
                          const std::filesystem::path& directory) {
  const parser::MountOption& option = mount.option;
  if (reads_tree(mount)) copy_base(mount, directory);
  if (!source_of(option).empty()) return;
  store::give_mount(directory, option.mode.value_or(kCacheMode),
                    owner_of(option));
}

// Of a context, what is copied out of it counts; of a stage, all of it.
base::Digest ExecStep::base_content(const ExecMount& mount) {
  if (mount.source.kind != TreeSource::Kind::context) {
    return snapshot_of(mount).content();
  }
  BuildContext& context = environment_.contexts.at(mount.source.context);
  // It was there when the step's key was made.
  SourceMatch match =
      find_tree_match(context.tree(), mount.option.source.value_or("")).value();
  context.fill_content(match);
  return mount_digest(match);
}

// Copied once, when the directory is new: an overlay cannot be shared by steps
// that run at once.
void ExecStep::copy_base(const ExecMount& mount,
                         const std::filesystem::path& directory) {
  const bool is_context = mount.source.kind == TreeSource::Kind::context;
  const store::MergedTree layers(layers_of(snapshot_of(mount)));
  const auto match = find_tree_match(
      is_context ? environment_.contexts.at(mount.source.context).tree()
                 : layers,
      mount.option.source.value_or(""));
  if (!match || match->entry.type != store::EntryType::directory) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("\"{}\" is not a directory of \"{}\"",
                    mount.option.source.value_or("/"), mount.source.name));
  }
  base::Fd root;
  if (is_context) {
    root = base::open_file(
        environment_.contexts.at(mount.source.context).directory(),
        O_RDONLY | O_DIRECTORY);
  }
  copy_tree(*match, directory, [&](std::size_t, const std::string& path) {
    lease_.throw_if_stopped();
    return is_context ? open_regular(root, path)
                      : layers.open(*layers.find(path));
  });
  store::give_mount(directory, match->entry.mode, match->entry.owner);
}

}  // namespace builder

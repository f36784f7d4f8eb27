// RUN --mount=type=cache: the directory that a step gets, and who waits for
// whom.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "builder/copy_step.h"
#include "builder/exec_step.h"
#include "builder/file_hash.h"
#include "builder/file_selection.h"
#include "builder/stage_planner.h"
#include "builder/tree_edit.h"

namespace builder {
namespace {

using parser::CacheSharing;

// flock(2) cannot wait for a lock and for a request to stop at once.
constexpr std::chrono::milliseconds kLockPoll{20};
// Of a cache mount's directory; another mode is another directory.
constexpr std::uint32_t kCacheMode = 0755;

bool try_lock(const base::Fd& file) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK || errno == EINTR) return false;
  throw base::system_error(errno, "locking a cache mount");
}

void give(const std::filesystem::path& directory, std::uint32_t mode,
          const store::Owner& owner) {
  if (::chown(directory.c_str(), owner.uid, owner.gid) != 0 ||
      ::chmod(directory.c_str(), mode) != 0) {
    throw base::system_error(errno, "giving a cache mount its owner and mode");
  }
}

}  // namespace

// Steps that lock several directories lock them in one order, or two such steps
// could wait for each other. The order is that of the directories, since one id
// can mean several.
void ExecStep::take_caches() {
  std::multimap<std::filesystem::path, const ExecMount*> caches;
  for (const ExecMount& mount : op_.mounts) {
    if (mount.option.type != parser::MountType::cache) continue;
    caches.emplace(cache_directory(mount, 0), &mount);
  }
  for (const auto& [directory, mount] : caches) {
    caches_[mount] = take_cache(*mount, directory);
  }
}

// `locked` waits for the other user; `private` takes another directory of the
// same id while the first is in use; `shared` asks nobody. A step does not
// stand in its own way.
std::filesystem::path ExecStep::take_cache(const ExecMount& mount,
                                           std::filesystem::path directory) {
  const CacheSharing sharing = mount.option.sharing;
  for (int copy = 1;; directory = cache_directory(mount, copy++)) {
    if (sharing == CacheSharing::shared) return directory;
    const bool is_ours = locks_.contains(directory);
    if (is_ours && sharing == CacheSharing::locked) return directory;
    if (is_ours) continue;
    base::Fd lock = base::open_file(directory, O_RDONLY | O_DIRECTORY);
    bool is_locked = try_lock(lock);
    while (!is_locked && sharing == CacheSharing::locked) {
      if (stop_.stop_requested()) {
        throw base::Error(base::ErrorKind::cancelled,
                          "stopped while waiting for a cache mount");
      }
      std::this_thread::sleep_for(kLockPoll);
      is_locked = try_lock(lock);
    }
    if (!is_locked) continue;
    locks_.emplace(directory, std::move(lock));
    return directory;
  }
}

// What makes another directory of one id: mode and owner, or what it starts as;
// the number of a private copy.
std::filesystem::path ExecStep::cache_directory(const ExecMount& mount,
                                                int copy) {
  const parser::MountOption& option = mount.option;
  std::string id = *option.id;
  const store::Owner owner{option.uid.value_or(0), option.gid.value_or(0)};
  const std::uint32_t mode = option.mode.value_or(kCacheMode);
  const std::string source =
      clean_path("/" + option.source.value_or("")).substr(1);
  const bool is_below_root = !source.empty();
  if (!is_below_root && (mode != kCacheMode || owner != store::Owner())) {
    id += fmt::format(" mode={:o} uid={} gid={}", mode, owner.uid, owner.gid);
  }
  if (reads_tree(mount)) {
    id += fmt::format(" from={} source={}", base_content(mount).str(), source);
  }
  if (copy > 0) id += fmt::format(" private={}", copy);
  return environment_.store.cache_mount(
      id, [&](const std::filesystem::path& directory) {
        if (reads_tree(mount)) copy_base(mount, directory);
        if (!is_below_root) give(directory, mode, owner);
      });
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
  give(directory, match->entry.mode, match->entry.owner);
}

}  // namespace builder

// RUN --mount: what each kind of mount becomes in the step's Spec.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "builder/copy_step.h"
#include "builder/exec_step.h"
#include "builder/file_hash.h"
#include "builder/file_selection.h"
#include "builder/tree_edit.h"
#include "runtime/mount_plan.h"

namespace builder {
namespace {

using parser::MountType;

std::vector<std::string> options_of(const ExecMount& mount) {
  std::vector<std::string> options = {"rbind"};
  if (mount.option.read_only) options.emplace_back("ro");
  return options;
}

// The directories of a stack's layers that show `path`, topmost first: what an
// overlay of just that directory is made from.
std::vector<std::filesystem::path> lower_directories(
    const std::vector<store::MergedTree::Layer>& bottom_first,
    const std::string& path) {
  std::vector<std::filesystem::path> lower;
  for (auto it = bottom_first.rbegin(); it != bottom_first.rend(); ++it) {
    bool hides_what_is_below = false;
    for (std::string at = path; !at.empty();
         at = std::string(store::parent_path(at))) {
      const store::Entry* entry = it->index->find(at);
      if (entry == nullptr) continue;
      hides_what_is_below |=
          entry->opaque || entry->type != store::EntryType::directory;
    }
    const store::Entry* entry = it->index->find(path);
    if (path.empty() ||
        (entry != nullptr && entry->type == store::EntryType::directory)) {
      lower.push_back(it->diff / path);
    }
    if (hides_what_is_below) break;
  }
  return lower;
}

}  // namespace

void ExecStep::add_mounts() {
  take_caches();
  for (const ExecMount& mount : op_.mounts) {
    switch (mount.option.type) {
      case MountType::bind:
        add_bind(mount);
        break;
      case MountType::cache:
        bind(caches_.at(&mount), mount);
        break;
      case MountType::tmpfs: {
        std::vector<std::string> options = {"nosuid", "mode=1777"};
        if (mount.option.size_bytes) {
          options.push_back(fmt::format("size={}", *mount.option.size_bytes));
        }
        spec_.mounts.push_back({mount.target, "tmpfs", "tmpfs", options});
        break;
      }
      case MountType::secret:
      case MountType::ssh:
        for (const CredentialMount& credential : credential_mounts({mount})) {
          add_credential(credential, environment_.credentials, lease_, spec_,
                         agents_);
        }
        break;
    }
  }
}

void ExecStep::add_bind(const ExecMount& mount) {
  if (mount.source.kind == TreeSource::Kind::context) {
    return add_context_bind(mount);
  }
  add_tree_bind(mount, snapshot_of(mount));
}

// Inputs stand in the order of the mounts that have one.
Snapshot ExecStep::snapshot_of(const ExecMount& mount) const {
  if (mount.source.kind != TreeSource::Kind::vertex) return Snapshot();
  std::size_t input = 0;
  for (const ExecMount& other : op_.mounts) {
    if (&other == &mount) break;
    if (reads_tree(other) && other.source.kind == TreeSource::Kind::vertex) {
      ++input;
    }
  }
  return *inputs_.trees.at(input);
}

// A context whose files are all to be seen, by root, is mounted as it is;
// otherwise the files that are part of it are copied.
void ExecStep::add_context_bind(const ExecMount& mount) {
  BuildContext& context = environment_.contexts.at(mount.source.context);
  // It was there when the step's key was made.
  const SourceMatch match =
      find_tree_match(context.tree(), mount.option.source.value_or("")).value();
  const base::Fd root =
      base::open_file(context.directory(), O_RDONLY | O_DIRECTORY);
  if (match.entry.type != store::EntryType::directory) {
    return bind_file(mount, open_regular(root, match.path), match.entry);
  }
  // Who can write to the context may put a link into this path before it is
  // mounted; what stands before it is settled here.
  std::filesystem::path source =
      std::filesystem::canonical(context.directory()) / match.path;
  // A failed step may be kept for longer than a context that was fetched.
  const bool ends_too_early =
      environment_.keeps_failures && !context.is_lasting();
  if (ends_too_early || !context.is_plain_below(match.path)) {
    source = std::filesystem::canonical(lease_.make_directory("context"));
    copy_tree(match, source, [&root](std::size_t, const std::string& path) {
      return open_regular(root, path);
    });
  }
  if (mount.option.read_only) {
    bind(source, mount);
    spec_.mounts.back().options.emplace_back(runtime::kRealSource);
    return;
  }
  const auto make_directory = [this](const char* name) {
    return std::filesystem::canonical(lease_.make_directory(name)).native();
  };
  spec_.mounts.push_back(
      {mount.target,
       "overlay",
       "overlay",
       {std::string(runtime::kRealSource), "lowerdir+=" + source.native(),
        "upperdir=" + make_directory("upper"),
        "workdir=" + make_directory("work")}});
}

// All of a selected directory's content, as it is.
void ExecStep::copy_tree(const SourceMatch& match,
                         const std::filesystem::path& directory,
                         const OpenSource& open) {
  const store::MergedTree empty{{}};
  TreeEdit edit(empty, environment_.store.layers().io().write(directory));
  CopyOp op;
  op.sources.emplace_back();  // what `match` stands for
  op.destination.push_back('/');
  op.destination_is_directory = true;
  Selection selection;
  selection.matches.push_back(match);
  write_copy(op, selection, open, std::nullopt, now_timestamp(), edit);
}

std::vector<store::MergedTree::Layer> ExecStep::layers_of(
    const Snapshot& snapshot) const {
  store::LayerStore& layers = environment_.store.layers();
  std::vector<store::MergedTree::Layer> stack;
  std::set<base::Digest> seen;  // as in make_sandbox_root
  for (auto layer = snapshot.layers.rbegin(); layer != snapshot.layers.rend();
       ++layer) {
    if (!seen.insert(layer->diff_id).second) continue;
    const auto stored = layers.find(layer->diff_id);
    if (!stored) continue;
    stack.push_back({layers.index(layer->diff_id), stored->diff});
  }
  std::reverse(stack.begin(), stack.end());
  return stack;
}

void ExecStep::add_tree_bind(const ExecMount& mount, const Snapshot& snapshot) {
  const std::vector<store::MergedTree::Layer> stack = layers_of(snapshot);
  const store::MergedTree tree(stack);
  const std::string path =
      tree.resolve(mount.option.source.value_or(""), store::FollowLast::yes);
  const store::Entry* entry = tree.find(path);
  if (entry == nullptr) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("mount source \"{}\" is not in {}",
                    mount.option.source.value_or("/"), mount.source.name));
  }
  if (entry->type != store::EntryType::directory) {
    return bind_file(mount, tree.open(*entry), *entry);
  }
  const auto lower = lower_directories(stack, path);
  if (lower.size() == 1 && mount.option.read_only) {
    return bind(lower.front(), mount);
  }
  // overlayfs wants two lower directories when there is no upper one.
  runtime::Mount overlay{mount.target, "overlay", "overlay", {}};
  for (const auto& directory : lower) {
    overlay.options.push_back("lowerdir+=" + directory.native());
  }
  if (lower.size() < 2) {
    overlay.options.push_back("lowerdir+=" +
                              lease_.make_directory("empty").native());
  }
  if (mount.option.read_only) {
    overlay.options.emplace_back("ro");
  } else {
    overlay.options.push_back("upperdir=" +
                              lease_.make_directory("upper").native());
    overlay.options.push_back("workdir=" +
                              lease_.make_directory("work").native());
  }
  spec_.mounts.push_back(std::move(overlay));
}

void ExecStep::bind(const std::string& source, const ExecMount& mount) {
  spec_.mounts.push_back({mount.target, "bind", source, options_of(mount)});
}

// A single file is copied: what the step writes to it goes nowhere else.
void ExecStep::bind_file(const ExecMount& mount, const base::Fd& content,
                         const store::Entry& entry) {
  const std::filesystem::path copy = lease_.make_directory("file") / "content";
  const base::Fd file =
      base::open_file(copy, O_WRONLY | O_CREAT | O_EXCL, entry.mode);
  copy_bytes(content, file, entry.size_bytes);
  if (::fchown(file.get(), entry.owner.uid, entry.owner.gid) != 0 ||
      ::fchmod(file.get(), entry.mode) != 0) {
    throw base::system_error(errno, "preparing a bind-mounted file");
  }
  bind(copy.native(), mount);
}

}  // namespace builder

#include "builder/tree_edit.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "builder/resolve_links.h"

namespace builder {
namespace {

using store::Entry;
using store::EntryType;
using store::FollowLast;

base::Error in_the_way(std::string_view path, std::string_view what) {
  return base::Error(base::ErrorKind::invalid_input,
                     fmt::format("\"/{}\" {}", path, what));
}

}  // namespace

TreeEdit::TreeEdit(const store::MergedTree& base,
                   std::unique_ptr<store::TreeWriter> writer)
    : base_(base), writer_(std::move(writer)) {}

const Entry* TreeEdit::find(std::string_view path) const {
  if (const auto it = written_.find(path); it != written_.end()) {
    return &it->second;
  }
  // Below something that was written over a directory there is nothing.
  for (std::string_view parent = store::parent_path(path); !parent.empty();
       parent = store::parent_path(parent)) {
    const auto it = written_.find(parent);
    if (it != written_.end() && it->second.type != EntryType::directory) {
      return nullptr;
    }
  }
  return base_.find(path);
}

std::string TreeEdit::resolve(std::string_view path, FollowLast follow,
                              std::string_view root) const {
  return resolve_links(root, path, follow,
                       [this](std::string_view at) { return find(at); });
}

void TreeEdit::add(Entry entry) {
  writer_->add(entry);
  std::string path = entry.path;
  written_.insert_or_assign(std::move(path), std::move(entry));
}

void TreeEdit::make_directory(const std::string& path,
                              const NewDirectory& with) {
  if (path.empty()) return;  // the root
  if (const auto it = written_.find(path); it != written_.end()) {
    if (it->second.type == EntryType::directory) return;
    throw in_the_way(path, "is not a directory");
  }
  make_directory(std::string(store::parent_path(path)), with);
  if (const Entry* existing = find(path)) {
    if (existing->type != EntryType::directory) {
      throw in_the_way(path, "is not a directory");
    }
    Entry entry = *existing;
    entry.opaque = false;
    return add(std::move(entry));
  }
  add(new_directory(path, with));
}

// In a setgid directory the kernel passes both its group and the bit on.
Entry TreeEdit::new_directory(const std::string& path,
                              const NewDirectory& with) const {
  Entry entry;
  entry.path = path;
  entry.type = EntryType::directory;
  entry.mode = 0755;
  entry.mtime = with.mtime;
  const std::string_view around = store::parent_path(path);
  const Entry* parent = around.empty() ? nullptr : find(around);
  if (parent != nullptr && (parent->mode & S_ISGID) != 0) {
    entry.mode |= S_ISGID;
    entry.owner.gid = parent->owner.gid;
  }
  if (with.owner) entry.owner = *with.owner;
  if (with.mode) entry.mode = *with.mode;
  return entry;
}

void TreeEdit::touch_directory(const std::string& path,
                               const NewDirectory& with,
                               store::Timestamp mtime) {
  if (path.empty()) return;
  make_directory(path, with);
  Entry entry = written_.find(path)->second;
  entry.mtime = mtime;
  add(std::move(entry));
}

void TreeEdit::put(const Entry& entry, const Fill& fill) {
  const Entry* existing = find(entry.path);
  const bool is_directory = entry.type == EntryType::directory;
  if (existing != nullptr) {
    const bool was_directory = existing->type == EntryType::directory;
    if (is_directory && !was_directory) {
      throw in_the_way(entry.path,
                       "is there already and is not a directory; a directory "
                       "cannot be copied onto it");
    }
    if (!is_directory && was_directory) {
      throw in_the_way(entry.path,
                       "is a directory; a file cannot be copied onto it");
    }
  }
  if (entry.type != EntryType::regular) return add(entry);
  writer_->add_file(entry, fill);
  written_.insert_or_assign(entry.path, entry);
}

void TreeEdit::replace(const Entry& entry, const Fill& fill) {
  const Entry* existing = find(entry.path);
  const bool is_directory = entry.type == EntryType::directory;
  if (existing == nullptr ||
      (existing->type == EntryType::directory) == is_directory) {
    return put(entry, fill);
  }
  writer_->remove(entry.path);
  const std::string below = entry.path + "/";
  std::erase_if(written_, [&](const auto& item) {
    return item.first == entry.path || item.first.starts_with(below);
  });
  Entry made = entry;
  // What the base has under this directory was gone already.
  const Entry* base = base_.find(entry.path);
  made.opaque =
      is_directory && base != nullptr && base->type == EntryType::directory;
  if (made.type != EntryType::regular) return add(std::move(made));
  writer_->add_file(made, fill);
  written_.insert_or_assign(made.path, made);
}

void TreeEdit::finish() { writer_->finish(); }

store::Timestamp now_timestamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return {now.tv_sec, static_cast<std::uint32_t>(now.tv_nsec)};
}

void copy_bytes(const base::Fd& from, const base::Fd& to,
                std::uint64_t size_bytes) {
  std::uint64_t left = size_bytes;
  while (left > 0) {
    const ssize_t count =
        ::copy_file_range(from.get(), nullptr, to.get(), nullptr, left, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;  // not between these file systems: read and write
    if (count == 0) break;
    left -= static_cast<std::uint64_t>(count);
  }
  std::vector<std::byte> buffer(left == 0 ? 0 : 1 << 18);
  while (left > 0) {
    const std::size_t count = base::read_some(
        from, buffer.data(), std::min<std::uint64_t>(left, buffer.size()));
    if (count == 0) {
      throw base::Error(base::ErrorKind::invalid_input,
                        "a file became shorter while it was copied");
    }
    base::write_all(to, {reinterpret_cast<const char*>(buffer.data()), count});
    left -= count;
  }
}

}  // namespace builder

#include "builder/tree_edit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace builder {
namespace {

using store::Entry;
using store::EntryType;
using store::FollowLast;

constexpr int kMaxLinks = 40;  // as the kernel's

base::Error in_the_way(std::string_view path, std::string_view what) {
  return base::Error(base::ErrorKind::invalid_input,
                     fmt::format("\"/{}\" {}", path, what));
}

void push_parts(std::vector<std::string>& todo, std::string_view path) {
  // Last part first: `todo` is a stack.
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const std::string_view part =
        slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!part.empty() && part != ".") todo.emplace_back(part);
    if (slash == std::string_view::npos) break;
    path = path.substr(0, slash);
  }
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

std::string TreeEdit::resolve(std::string_view path, FollowLast follow) const {
  std::vector<std::string> todo;
  push_parts(todo, path);
  std::string done;
  int links = 0;
  while (!todo.empty()) {
    const std::string part = std::move(todo.back());
    todo.pop_back();
    if (part == "..") {
      done = store::parent_path(done);
      continue;
    }
    std::string here = done.empty() ? part : done + "/" + part;
    const Entry* entry = find(here);
    const bool is_followed = !todo.empty() || follow == FollowLast::yes;
    if (entry == nullptr || entry->type != EntryType::symlink || !is_followed) {
      done = std::move(here);
      continue;
    }
    if (++links > kMaxLinks) throw in_the_way(here, "is in a loop of links");
    if (entry->link_target.starts_with('/')) done.clear();
    push_parts(todo, entry->link_target);
  }
  return done;
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
  Entry entry;
  entry.path = path;
  entry.type = EntryType::directory;
  entry.mode = with.mode;
  entry.owner = with.owner;
  entry.mtime = with.mtime;
  add(std::move(entry));
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

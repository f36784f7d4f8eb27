// Writes a layer's directory with the eyes on the file system it will lie on:
// what COPY, ADD and WORKDIR do, without a mount.
//
// A directory of the base that gets something new inside must be in the new
// layer too, with the base's own mode, owner and times, since overlayfs shows
// the topmost directory's. Paths are relative to the root, without links
// (resolve() first).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "store/layer_io.h"
#include "store/merged_tree.h"

namespace builder {

class TreeEdit {
 public:
  // `base` must outlive it; `writer` writes the new layer.
  TreeEdit(const store::MergedTree& base,
           std::unique_ptr<store::TreeWriter> writer);

  // What is at this path now, written or below; nullptr when nothing.
  const store::Entry* find(std::string_view path) const;

  // `path` with links resolved below `root` (resolve_links.h), those just
  // written included. Throws: invalid_input for a loop.
  std::string resolve(std::string_view path, store::FollowLast follow,
                      std::string_view root = {}) const;

  // Makes a directory and its missing parents, or brings existing ones into the
  // layer as they are. Throws: invalid_input when something else is in the way.
  struct NewDirectory {
    // Unless told: 0755 and root's, and what a setgid directory around it
    // passes on, as the kernel makes it.
    std::optional<std::uint32_t> mode = {};
    std::optional<store::Owner> owner = {};
    store::Timestamp mtime = {};
  };
  void make_directory(const std::string& path, const NewDirectory& with);
  // The same, then gives an existing or new directory this time.
  void touch_directory(const std::string& path, const NewDirectory& with,
                       store::Timestamp mtime);

  // Puts an entry at entry.path; its parents must be there. A directory onto a
  // directory takes the new mode, owner and time; anything else replaces what
  // is there. Throws: invalid_input for a directory onto something else and
  // for something else onto a directory.
  using Fill = std::function<void(const base::Fd& to)>;
  void put(const store::Entry& entry, const Fill& fill = {});

  // The same for a member of an archive: whatever is there goes, a link too,
  // except a directory that a directory is put onto.
  void replace(const store::Entry& entry, const Fill& fill = {});

  // The last call.
  void finish();

 private:
  void add(store::Entry entry);
  store::Entry new_directory(const std::string& path,
                             const NewDirectory& with) const;
  const store::MergedTree& base_;
  std::unique_ptr<store::TreeWriter> writer_;
  std::map<std::string, store::Entry, std::less<>> written_;
};

// The current time, for what a step makes.
store::Timestamp now_timestamp();

// Copies all bytes between open files, in the kernel where it can.
void copy_bytes(const base::Fd& from, const base::Fd& to,
                std::uint64_t size_bytes);

}  // namespace builder

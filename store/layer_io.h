// The one way to the files of a layer's directory: walk, write, remove. Files
// of mapped ids can only be reached from inside their user namespace, so
// without root the process is in one before it comes here
// (Store::before_files); the calls are the same.
//
// Directories hold overlayfs's own form: a whiteout is a 0/0 character device,
// an opaque directory carries trusted.overlay.opaque (user.overlay.opaque in a
// user namespace). Entries speak of whiteout and opaque only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/fd.h"
#include "store/entry.h"
#include "store/file_rights.h"

namespace store {

// Writes a tree below one directory. Every path is resolved beneath that
// directory without following any symbolic link in it: a link in the way is an
// error (invalid_input), never followed. Parents must have been made before.
// An existing non-directory of the same name is replaced; an existing
// directory is kept for a directory and is an error for anything else.
// Not to be shared between threads.
class TreeWriter {
 public:
  virtual ~TreeWriter() = default;

  // Everything except regular files: directory, symlink, hardlink, device,
  // fifo, whiteout; with owner, mode, xattrs and times.
  virtual void add(const Entry& entry) = 0;

  // A regular file; `fill` writes its content to the open file (holes allowed;
  // the size is set to entry.size_bytes afterwards).
  virtual void add_file(const Entry& entry,
                        const std::function<void(const base::Fd&)>& fill) = 0;

  // What is there now; a whiteout too.
  virtual std::optional<EntryType> find(std::string_view path) = 0;

  // Removes the path with all below it; fine when absent.
  virtual void remove(std::string_view path) = 0;

  // Gives directories their times, which writing into them has changed. The
  // last call.
  virtual void finish() = 0;
};

class LayerIo {
 public:
  virtual ~LayerIo() = default;

  // Visits every path below `directory` (the root itself as "" first) in
  // path_less order. The Fd is an open file for regular files of at least one
  // byte, empty otherwise. Later names of a hard-linked file come as hardlink
  // entries. Entry::content is not filled. Sockets are left out. An error names
  // the path it is about; what `visit` throws passes as it is.
  virtual void walk(
      const std::filesystem::path& directory,
      const std::function<void(Entry& entry, const base::Fd& file)>& visit) = 0;

  // `directory` must exist.
  virtual std::unique_ptr<TreeWriter> write(
      const std::filesystem::path& directory) = 0;

  // Removes a tree whatever its modes and owners; fine when absent.
  virtual void remove_tree(const std::filesystem::path& directory) = 0;

  // What can be written; the same for all that is made with it from here on.
  // To be told before other threads use this.
  virtual void adopt(const FileRights& rights) = 0;
  virtual const FileRights& rights() const noexcept = 0;

  // Called before the first of the calls above, unless adopt() came before; it
  // has to call adopt(). Called again where it threw.
  virtual void before_use(std::function<void()> prepare) = 0;
};

// Layer I/O by this process itself. Until adopt() is called it takes what root
// can do for granted when it is root.
std::unique_ptr<LayerIo> open_local_layer_io();

}  // namespace store

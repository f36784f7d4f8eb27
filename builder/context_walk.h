// Walks the directory of a build context once, through its ignore file. Only
// stats: no file is opened, and no directory that is ignored and in which no
// exception could bring anything back.
//
// The walk is a loop, not a recursion, and keeps few directories open, so that
// no depth of a tree is too much; several threads share a large tree
// (walk_crew.h). What is gone when its turn comes was never there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fd.h"
#include "parser/ignore_file.h"
#include "store/entry.h"
#include "store/file_digests.h"

namespace builder {

// A directory as a build context has it.
struct ContextDirectory {
  enum class Owners { root, as_they_are };
  std::filesystem::path path;  // absolute, without links
  std::string title;           // "build context /src", for messages
  // What a local directory holds belongs to root in every image; an archive
  // says itself whose its files are.
  Owners owners = Owners::root;
  // Whether a later build may see the same files, so that their digests are
  // worth keeping.
  bool is_lasting = true;
  std::string why_empty = {};  // what to say where something is missing
};

struct WalkedContext {
  // What stat said of a regular file, and its digest once known.
  struct File {
    std::size_t entry;  // its place in `entries`
    store::FileStamp stamp;
    std::optional<base::Digest> content;
  };
  // An ignored path, and the line of the ignore file that hides it.
  struct Hidden {
    std::string path;
    std::uint32_t line;
  };
  // All that is not ignored, and files() of it, in path_less order;
  // Entry::content is not filled.
  std::vector<store::Entry> entries;
  std::vector<File> files;
  // Places in `files` of those that have more names than one.
  std::vector<std::size_t> linked;
  // Except what lies in a directory that was not entered.
  std::vector<Hidden> hidden;
  // Paths that a step must not see as they are on disk: those whose owner is
  // not the entry's, sockets, pipes and devices.
  std::vector<std::string> foreign;
};

// Throws: system, denied, naming the path.
WalkedContext walk_context(const ContextDirectory& directory,
                           const parser::IgnoreFile& ignore);

}  // namespace builder

// One path of a layer, a build context or an archive: everything about it
// except where its bytes are.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace store {

enum class EntryType : std::uint8_t {
  directory,
  regular,
  symlink,
  hardlink,  // link_target is the path of an entry of the same tree
  character,
  block,
  fifo,
  whiteout,  // the path is absent, whatever lies below
};

struct Timestamp {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  auto operator<=>(const Timestamp&) const = default;
};

struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  auto operator<=>(const Owner&) const = default;
};

struct Entry {
  std::string path;  // relative, '/' between parts, no "." or ".."; "" = root
  EntryType type = EntryType::regular;
  std::uint32_t mode = 0;  // permission bits with setuid, setgid and sticky
  Owner owner;
  std::uint64_t size_bytes = 0;  // regular files only
  Timestamp mtime;
  std::string link_target;  // symlink: its text; hardlink: a path
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;  // full names; overlay's left out
  base::Digest content;  // sha256 of a regular file's bytes
  bool opaque = false;   // directory: hides what lies below it

  bool operator==(const Entry&) const = default;
};

// Orders paths as a depth-first walk with siblings in byte order visits them:
// a directory right before what is in it. ('/' sorts before every other byte.)
bool path_less(std::string_view left, std::string_view right) noexcept;

// Feeds what a cache key may depend on: path, type, mode, owner, link target,
// device, xattrs, content, opaqueness; never the mtime. Each field carries its
// length, so no two entries feed the same bytes.
void hash_stable(const Entry& entry, base::Hasher& hasher);

// A name, or a relative path, below a directory ("" is the root).
std::string join_path(std::string_view directory, std::string_view name);

// Whether the path is strictly below the directory ("" is the root).
bool is_below(std::string_view path, std::string_view directory) noexcept;

// The last part of the path, and what is before it ("" for a top entry).
std::string_view base_name(std::string_view path) noexcept;
std::string_view parent_path(std::string_view path) noexcept;

}  // namespace store

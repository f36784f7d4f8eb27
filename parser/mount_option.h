// The value of RUN --mount: one CSV record of key=value and bare keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parser {

enum class MountType { bind, cache, tmpfs, secret, ssh };
enum class CacheSharing { shared, exclusive, locked };  // exclusive: "private"

struct MountOption {
  MountType type = MountType::bind;
  std::optional<std::string> target;
  std::optional<std::string> source;
  std::optional<std::string> from;
  std::optional<std::string> id;   // a secret's `source` comes here too
  std::optional<std::string> env;  // secret
  bool read_only = true;           // defaults to false for cache and tmpfs
  bool required = false;           // secret and ssh
  CacheSharing sharing = CacheSharing::shared;
  std::optional<std::uint32_t> mode;  // octal in the text
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::uint64_t> size_bytes;  // tmpfs
};

// Reads an already expanded value, checking which keys its type allows.
// Throws: SyntaxError, its range counted from 1:1 at the value's start.
MountOption parse_mount_option(std::string_view value);

}  // namespace parser

// A file's extended attributes (xattr(7)).
#pragma once

#include <sys/types.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace store {

// Reads through an open file, or by a path whose last part is not followed.
class XattrReader {
 public:
  explicit XattrReader(const base::Fd& file) : file_(file.get()) {}
  explicit XattrReader(std::string path) : path_(std::move(path)) {}

  // All of them, overlayfs's own included. Throws: system.
  std::map<std::string, std::string> read() const;

 private:
  ssize_t list(char* buffer, std::size_t size) const;
  std::string_view names() const;
  std::optional<std::string> get(const std::string& name) const;

  int file_ = -1;
  std::string path_;
  mutable std::array<char, 1024> small_;
  mutable std::string large_;
};

// Those of an open file that travel with a layer (layer_xattrs.h).
std::map<std::string, std::string> read_layer_xattrs(const base::Fd& file);

}  // namespace store

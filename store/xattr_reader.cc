#include "store/xattr_reader.h"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <cerrno>

#include "base/error.h"
#include "store/layer_xattrs.h"

namespace store {

std::map<std::string, std::string> XattrReader::read() const {
  std::map<std::string, std::string> xattrs;
  for (std::string_view rest = names(); !rest.empty();) {
    const std::string name(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(name.size() + 1);
    if (auto value = get(name)) xattrs.emplace(name, std::move(*value));
  }
  return xattrs;
}

ssize_t XattrReader::list(char* buffer, std::size_t size) const {
  return path_.empty() ? ::flistxattr(file_, buffer, size)
                       : ::llistxattr(path_.c_str(), buffer, size);
}

// Usually there are none, which the first call tells.
std::string_view XattrReader::names() const {
  ssize_t size = list(small_.data(), small_.size());
  if (size >= 0) return {small_.data(), static_cast<std::size_t>(size)};
  if (errno == ERANGE) {
    large_.resize(65536);  // the kernel's XATTR_LIST_MAX
    size = list(large_.data(), large_.size());
    if (size >= 0) return {large_.data(), static_cast<std::size_t>(size)};
  }
  if (errno == EOPNOTSUPP) return {};
  throw base::system_error(errno, "listing extended attributes");
}

// nullopt when it went away, or may not be read.
std::optional<std::string> XattrReader::get(const std::string& name) const {
  std::string value(256, '\0');
  while (true) {
    const ssize_t size =
        path_.empty()
            ? ::fgetxattr(file_, name.c_str(), value.data(), value.size())
            : ::lgetxattr(path_.c_str(), name.c_str(), value.data(),
                          value.size());
    if (size >= 0) {
      value.resize(static_cast<std::size_t>(size));
      return value;
    }
    if (errno == ERANGE && value.size() < 65536) {
      value.resize(65536);  // the kernel's XATTR_SIZE_MAX
      continue;
    }
    if (errno == ENODATA || errno == EOPNOTSUPP) return std::nullopt;
    throw base::system_error(
        errno, fmt::format("reading the extended attribute {}", name));
  }
}

std::map<std::string, std::string> read_layer_xattrs(const base::Fd& file) {
  auto xattrs = XattrReader(file).read();
  std::erase_if(xattrs,
                [](const auto& xattr) { return !is_layer_xattr(xattr.first); });
  return xattrs;
}

}  // namespace store

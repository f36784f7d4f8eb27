#include "store/file_attributes.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>

#include "base/error.h"
#include "store/layer_xattrs.h"

namespace store {
namespace {

// What the rights of a user namespace may not reach: an access list for an id
// that is not in it, an attribute of a kind that is for the machine's root.
bool is_refused(int error_number) {
  return error_number == EPERM || error_number == EINVAL ||
         error_number == EOPNOTSUPP;
}

}  // namespace

void check(int result, std::string_view what) {
  if (result != 0) throw base::system_error(errno, what);
}

void check_owner(int result, Owner owner) {
  if (result == 0) return;
  const int error_number = errno;
  base::Error error = base::system_error(
      error_number,
      fmt::format("setting its owner to {}:{}", owner.uid, owner.gid));
  if (error.kind() == base::ErrorKind::denied) {
    error.hint("files of other owners can only be made by root");
  } else if (error_number == EINVAL) {
    error.hint(
        "the user namespace does not have that id; let root grant more with "
        "usermod --add-subuids and --add-subgids");
  }
  throw error;
}

std::array<timespec, 2> times_of(const Timestamp& mtime) {
  return {timespec{0, UTIME_OMIT},
          timespec{mtime.seconds, static_cast<long>(mtime.nanoseconds)}};
}

void check_xattr(int result, const std::string& name, const LocalForm& form) {
  if (result == 0) return;
  if (!form.keeps_all_xattrs && !name.starts_with("user.") &&
      is_refused(errno)) {
    return;
  }
  throw base::system_error(
      errno, fmt::format("setting the extended attribute {}", name));
}

void set_xattrs(const base::Fd& file, const Xattrs& xattrs,
                const LocalForm& form) {
  for (const auto& [name, value] : xattrs) {
    check_xattr(
        ::fsetxattr(file.get(), name.c_str(), value.data(), value.size(), 0),
        name, form);
  }
}

void clear_layer_xattrs(const base::Fd& file) {
  std::string names(65536, '\0');
  const ssize_t size = ::flistxattr(file.get(), names.data(), names.size());
  if (size <= 0) return;
  names.resize(static_cast<std::size_t>(size));
  for (std::size_t at = 0; at < names.size();) {
    const std::string name(names.c_str() + at);
    at += name.size() + 1;
    if (!is_layer_xattr(name)) continue;
    if (::fremovexattr(file.get(), name.c_str()) != 0 && errno != ENODATA) {
      throw base::system_error(
          errno, fmt::format("removing the extended attribute {}", name));
    }
  }
}

}  // namespace store

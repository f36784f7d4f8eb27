#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "store/directory_stack.h"
#include "store/file_attributes.h"
#include "store/layer_xattrs.h"
#include "store/local_layer_io.h"
#include "store/parent_cache.h"

namespace store {
namespace {

struct PathLess {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const {
    return path_less(left, right);
  }
};

class LocalTreeWriter final : public TreeWriter {
 public:
  LocalTreeWriter(base::Fd root, const LocalForm& form)
      : form_(form),
        parents_(std::move(root)),
        targets_(parents_.root().duplicate()) {}

  void add(const Entry& entry) override {
    try {
      add_any(entry);
    } catch (base::Error& error) {
      error.add_context(fmt::format("writing /{}", entry.path));
      throw;
    }
  }

  void add_file(const Entry& entry,
                const std::function<void(const base::Fd&)>& fill) override {
    try {
      write_file(entry, fill);
    } catch (base::Error& error) {
      error.add_context(fmt::format("writing /{}", entry.path));
      throw;
    }
  }

  std::optional<EntryType> find(std::string_view path) override;

  void remove(std::string_view path) override {
    try {
      remove_below(parents_.open(parent_path(path)), base_name(path));
    } catch (base::Error& error) {
      // Below nothing, or below a file, there is nothing.
      if (error.kind() != base::ErrorKind::not_found) {
        error.add_context(fmt::format("removing {}", path));
        throw;
      }
    }
    parents_.forget(path);
    targets_.forget(path);
    const std::string below = fmt::format("{}/", path);
    auto at = deferred_.lower_bound(path);
    while (at != deferred_.end() &&
           (at->first == path || at->first.starts_with(below))) {
      at = deferred_.erase(at);
    }
  }

  void finish() override;

 private:
  // What must wait until nothing more is written into a directory.
  struct Deferred {
    Timestamp mtime;
    std::string default_acl;
  };

  void add_any(const Entry& entry);
  static void leave_out(const base::Fd& parent, const std::string& name);
  void add_directory(const Entry& entry);
  void add_link(const Entry& entry);
  void write_file(const Entry& entry,
                  const std::function<void(const base::Fd&)>& fill);
  base::Fd make_directory(const Entry& entry, bool& is_new);
  void set_attributes(const base::Fd& parent, const std::string& name,
                      const Entry& entry) const;

  // Runs `make` until nothing of that name is in its way.
  template <typename Make>
  int replace(const base::Fd& parent, const std::string& name,
              const Make& make) {
    int result = make();
    if (result < 0 && errno == EEXIST) {
      if (::unlinkat(parent.get(), name.c_str(), 0) != 0) {
        if (errno != EISDIR) throw base::system_error(errno, "replacing it");
        throw base::Error(base::ErrorKind::invalid_input,
                          "a directory of that name is in the way");
      }
      result = make();
    }
    if (result < 0) throw base::system_error(errno, "making it");
    return result;
  }

  const LocalForm& form_;
  ParentCache parents_;
  ParentCache targets_;  // of hard links
  std::map<std::string, Deferred, PathLess> deferred_;
};

void LocalTreeWriter::add_any(const Entry& entry) {
  if (entry.type == EntryType::directory) return add_directory(entry);
  if (entry.type == EntryType::hardlink) return add_link(entry);
  const base::Fd& parent = parents_.open(parent_path(entry.path));
  const std::string name(base_name(entry.path));
  switch (entry.type) {
    case EntryType::symlink:
      replace(parent, name, [&] {
        return ::symlinkat(entry.link_target.c_str(), parent.get(),
                           name.c_str());
      });
      break;
    case EntryType::character:
    case EntryType::block: {
      if (entry.type == EntryType::character && entry.device_major == 0 &&
          entry.device_minor == 0) {
        throw base::Error(
            base::ErrorKind::invalid_input,
            fmt::format("\"{}\" is the character device 0/0, which overlayfs "
                        "takes for the absence of a file",
                        entry.path))
            .hint("leave it out; no program has a use for it");
      }
      if (!form_.makes_devices) return leave_out(parent, name);
      const mode_t type = entry.type == EntryType::block ? S_IFBLK : S_IFCHR;
      const dev_t device =
          ::gnu_dev_makedev(entry.device_major, entry.device_minor);
      replace(parent, name, [&] {
        return ::mknodat(parent.get(), name.c_str(), type | 0600, device);
      });
      break;
    }
    case EntryType::fifo:
      replace(parent, name, [&] {
        return ::mknodat(parent.get(), name.c_str(), S_IFIFO | 0600, 0);
      });
      break;
    case EntryType::whiteout:
      replace(parent, name, [&] {
        return ::mknodat(parent.get(), name.c_str(), S_IFCHR, 0);
      });
      return;
    default:
      throw base::Error(base::ErrorKind::invalid_input,
                        "files are written with their content");
  }
  set_attributes(parent, name, entry);
}

// What was there under that name is gone all the same.
void LocalTreeWriter::leave_out(const base::Fd& parent,
                                const std::string& name) {
  if (::unlinkat(parent.get(), name.c_str(), 0) == 0 || errno == ENOENT) return;
  throw base::system_error(errno, "replacing it");
}

void LocalTreeWriter::set_attributes(const base::Fd& parent,
                                     const std::string& name,
                                     const Entry& entry) const {
  Xattrs xattrs = entry.xattrs;
  const Owner owner = form_.owners->keep(entry.owner, xattrs);
  check_owner(::fchownat(parent.get(), name.c_str(), owner.uid, owner.gid,
                         AT_SYMLINK_NOFOLLOW),
              owner);
  if (!xattrs.empty()) {
    const std::string path = proc_path(parent, name);
    for (const auto& [key, value] : xattrs) {
      check_xattr(
          ::lsetxattr(path.c_str(), key.c_str(), value.data(), value.size(), 0),
          key, form_);
    }
  }
  // After the owner, whose change clears setuid and setgid.
  if (entry.type != EntryType::symlink) {
    check(::fchmodat(parent.get(), name.c_str(), entry.mode, 0),
          "setting its mode");
  }
  check(::utimensat(parent.get(), name.c_str(), times_of(entry.mtime).data(),
                    AT_SYMLINK_NOFOLLOW),
        "setting its time");
}

base::Fd LocalTreeWriter::make_directory(const Entry& entry, bool& is_new) {
  is_new = false;
  if (entry.path.empty()) return parents_.root().duplicate();
  const base::Fd& parent = parents_.open(parent_path(entry.path));
  const std::string name(base_name(entry.path));
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  is_new = ::mkdirat(parent.get(), name.c_str(), 0700) == 0;
  if (!is_new && errno != EEXIST) throw base::system_error(errno, "making it");
  base::Fd directory(::openat(parent.get(), name.c_str(), kFlags));
  if (!directory && (errno == ENOTDIR || errno == ELOOP)) {
    check(::unlinkat(parent.get(), name.c_str(), 0), "replacing it");
    check(::mkdirat(parent.get(), name.c_str(), 0700), "making it");
    is_new = true;
    directory = base::Fd(::openat(parent.get(), name.c_str(), kFlags));
  }
  if (!directory) throw base::system_error(errno, "opening it");
  return directory;
}

void LocalTreeWriter::add_directory(const Entry& entry) {
  bool is_new = false;
  const base::Fd directory = make_directory(entry, is_new);
  // Of two entries for one directory the later decides.
  if (!is_new) clear_layer_xattrs(directory);
  Xattrs xattrs = entry.xattrs;
  const Owner owner = form_.owners->keep(entry.owner, xattrs);
  Deferred deferred{entry.mtime, {}};
  // Files made below would inherit it.
  if (const auto acl = xattrs.find(std::string(kDefaultAcl));
      acl != xattrs.end()) {
    deferred.default_acl = std::move(acl->second);
    xattrs.erase(acl);
  }
  if (entry.opaque)
    xattrs.insert_or_assign(form_.opaque_xattr, std::string(1, 'y'));
  check_owner(::fchown(directory.get(), owner.uid, owner.gid), owner);
  set_xattrs(directory, xattrs, form_);
  check(::fchmod(directory.get(), entry.mode), "setting its mode");
  deferred_.insert_or_assign(entry.path, std::move(deferred));
}

void LocalTreeWriter::add_link(const Entry& entry) {
  if (entry.link_target == entry.path) {
    throw base::Error(base::ErrorKind::invalid_input, "a hard link to itself");
  }
  const base::Fd& from = targets_.open(parent_path(entry.link_target));
  const std::string from_name(base_name(entry.link_target));
  struct stat status {};
  if (::fstatat(from.get(), from_name.c_str(), &status, AT_SYMLINK_NOFOLLOW) !=
      0) {
    if (errno != ENOENT) throw base::system_error(errno, "finding its target");
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("the hard link's target {} does not exist",
                                  entry.link_target));
  }
  if (S_ISDIR(status.st_mode)) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("a hard link to the directory {}", entry.link_target));
  }
  const base::Fd& parent = parents_.open(parent_path(entry.path));
  const std::string name(base_name(entry.path));
  replace(parent, name, [&] {
    return ::linkat(from.get(), from_name.c_str(), parent.get(), name.c_str(),
                    0);
  });
}

void LocalTreeWriter::write_file(
    const Entry& entry, const std::function<void(const base::Fd&)>& fill) {
  const base::Fd& parent = parents_.open(parent_path(entry.path));
  const std::string name(base_name(entry.path));
  const base::Fd file(replace(parent, name, [&] {
    return ::openat(parent.get(), name.c_str(),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  }));
  fill(file);
  struct stat status {};
  check(::fstat(file.get(), &status), "reading its status");
  if (static_cast<std::uint64_t>(status.st_size) != entry.size_bytes) {
    check(::ftruncate(file.get(), static_cast<off_t>(entry.size_bytes)),
          "setting its size");
  }
  Xattrs xattrs = entry.xattrs;
  const Owner owner = form_.owners->keep(entry.owner, xattrs);
  // In this order: a new owner clears setuid and file capabilities.
  check_owner(::fchown(file.get(), owner.uid, owner.gid), owner);
  set_xattrs(file, xattrs, form_);
  check(::fchmod(file.get(), entry.mode), "setting its mode");
  check(::futimens(file.get(), times_of(entry.mtime).data()),
        "setting its time");
}

std::optional<EntryType> LocalTreeWriter::find(std::string_view path) {
  if (path.empty()) return EntryType::directory;
  struct stat status {};
  try {
    const base::Fd& parent = parents_.open(parent_path(path));
    const std::string name(base_name(path));
    if (::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) !=
        0) {
      if (errno == ENOENT) return std::nullopt;
      throw base::system_error(errno, fmt::format("finding {}", path));
    }
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::not_found) return std::nullopt;
    throw;
  }
  switch (status.st_mode & S_IFMT) {
    case S_IFDIR:
      return EntryType::directory;
    case S_IFLNK:
      return EntryType::symlink;
    case S_IFCHR:
      return status.st_rdev == 0 ? EntryType::whiteout : EntryType::character;
    case S_IFBLK:
      return EntryType::block;
    case S_IFIFO:
      return EntryType::fifo;
    default:
      return EntryType::regular;
  }
}

void LocalTreeWriter::finish() {
  for (const auto& [path, deferred] : deferred_) {
    try {
      const base::Fd& directory = parents_.open(path);
      const std::string self = proc_path(directory, ".");
      if (!deferred.default_acl.empty()) {
        const std::string name(kDefaultAcl);
        check_xattr(
            ::setxattr(self.c_str(), name.c_str(), deferred.default_acl.data(),
                       deferred.default_acl.size(), 0),
            name, form_);
      }
      check(
          ::utimensat(directory.get(), ".", times_of(deferred.mtime).data(), 0),
          "setting its time");
    } catch (base::Error& error) {
      error.add_context(fmt::format("writing /{}", path));
      throw;
    }
  }
  deferred_.clear();
}

}  // namespace

std::unique_ptr<TreeWriter> write_local(const std::filesystem::path& directory,
                                        const LocalForm& form) {
  return std::make_unique<LocalTreeWriter>(
      base::open_file(directory, O_RDONLY | O_DIRECTORY), form);
}

}  // namespace store

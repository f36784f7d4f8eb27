#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "store/directory_stack.h"
#include "store/layer_xattrs.h"
#include "store/local_layer_io.h"
#include "store/xattr_reader.h"

namespace store {
namespace {

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct InodeKey {
  dev_t device;
  ino_t inode;
  bool operator==(const InodeKey&) const = default;
};
struct InodeHash {
  std::size_t operator()(const InodeKey& key) const noexcept {
    return std::hash<ino_t>()(key.inode) ^
           (std::hash<dev_t>()(key.device) << 1);
  }
};

class Walk {
 public:
  using Visit = std::function<void(Entry&, const base::Fd&)>;

  Walk(base::Fd top, const LocalForm& form, const Visit& visit)
      : form_(form), visit_(visit), stack_(std::move(top)) {}

  void run() {
    struct stat status {};
    if (::fstat(stack_.back().get(), &status) != 0) {
      throw base::system_error(errno, "reading the root's status");
    }
    visit_directory(status);
    enter();
    while (!levels_.empty()) step();
  }

  const std::string& path() const noexcept { return path_; }
  bool is_showing() const noexcept { return is_showing_; }

 private:
  struct Level {
    std::vector<std::string> names;  // sorted backwards: the next is the last
    std::size_t path_size;
  };

  void enter() {
    std::vector<std::string> names = list_names(stack_.back());
    std::sort(names.begin(), names.end(), std::greater<>());
    levels_.push_back({std::move(names), path_.size()});
  }

  void step() {
    path_.resize(levels_.back().path_size);
    if (levels_.back().names.empty()) {
      levels_.pop_back();
      if (!levels_.empty()) stack_.pop();
      return;
    }
    const std::string name = std::move(levels_.back().names.back());
    levels_.back().names.pop_back();
    if (!path_.empty()) path_ += '/';
    path_ += name;
    struct stat status {};
    if (::fstatat(stack_.back().get(), name.c_str(), &status,
                  AT_SYMLINK_NOFOLLOW) != 0) {
      throw base::system_error(errno, "reading a file's status");
    }
    if (S_ISDIR(status.st_mode)) {
      stack_.push(open(name, kOpenDirectory));
      visit_directory(status);
      enter();
    } else if (!S_ISSOCK(status.st_mode)) {
      visit_file(name, status);
    }
  }

  base::Fd open(const std::string& name, int flags) const {
    // Reading must not write: access times would dirty every inode.
    base::Fd file(
        ::openat(stack_.back().get(), name.c_str(), flags | O_NOATIME));
    if (!file && errno == EPERM) {
      file = base::Fd(::openat(stack_.back().get(), name.c_str(), flags));
    }
    if (!file) throw base::system_error(errno, "opening a file");
    return file;
  }

  Entry entry_of(const struct stat& status,
                 std::map<std::string, std::string> xattrs) const {
    Entry entry;
    entry.path = path_;
    entry.mode = status.st_mode & 07777;
    entry.mtime = {status.st_mtim.tv_sec,
                   static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
    entry.xattrs = std::move(xattrs);
    entry.owner =
        form_.owners->recall({status.st_uid, status.st_gid}, entry.xattrs);
    if (S_ISDIR(status.st_mode)) {
      entry.type = EntryType::directory;
      const auto opaque = entry.xattrs.find(form_.opaque_xattr);
      entry.opaque = opaque != entry.xattrs.end() && opaque->second == "y";
    }
    std::erase_if(entry.xattrs, [](const auto& xattr) {
      return !is_layer_xattr(xattr.first);
    });
    return entry;
  }

  // An error of whom we show it to is about something else: his own output,
  // say.
  void show(Entry& entry, const base::Fd& file) {
    is_showing_ = true;
    visit_(entry, file);
    is_showing_ = false;
  }

  void visit_directory(const struct stat& status) {
    Entry entry = entry_of(status, XattrReader(stack_.back()).read());
    show(entry, base::Fd());
  }

  void visit_file(const std::string& name, const struct stat& status) {
    if (S_ISCHR(status.st_mode) && status.st_rdev == 0) {
      // Overlayfs shares one inode among many whiteouts, so its owner, time
      // and link count say nothing about this one.
      Entry entry;
      entry.path = path_;
      entry.type = EntryType::whiteout;
      show(entry, base::Fd());
      return;
    }
    if (status.st_nlink > 1 && visit_later_name(status)) return;
    Entry entry;
    base::Fd file;
    if (S_ISREG(status.st_mode)) {
      entry = regular(name, status, file);
    } else if (S_ISLNK(status.st_mode)) {
      entry = entry_of(status, {});  // it can have no attribute that is kept
      entry.type = EntryType::symlink;
      entry.mode = 0777;
      entry.link_target = read_link(name);
    } else {
      entry =
          entry_of(status, XattrReader(proc_path(stack_.back(), name)).read());
      entry.type = S_ISFIFO(status.st_mode)  ? EntryType::fifo
                   : S_ISCHR(status.st_mode) ? EntryType::character
                                             : EntryType::block;
      if (entry.type != EntryType::fifo) {
        entry.device_major = ::gnu_dev_major(status.st_rdev);
        entry.device_minor = ::gnu_dev_minor(status.st_rdev);
      }
    }
    if (status.st_nlink > 1) linked_.emplace(key_of(status), entry);
    show(entry, file);
  }

  static InodeKey key_of(const struct stat& status) {
    return {status.st_dev, status.st_ino};
  }

  // Whether the file was visited before, under another name.
  bool visit_later_name(const struct stat& status) {
    const auto first = linked_.find(key_of(status));
    if (first == linked_.end()) return false;
    Entry entry;
    entry.path = path_;
    entry.type = EntryType::hardlink;
    entry.link_target = first->second.path;
    entry.mode = first->second.mode;
    entry.owner = first->second.owner;
    entry.mtime = first->second.mtime;
    show(entry, base::Fd());
    return true;
  }

  Entry regular(const std::string& name, const struct stat& status,
                base::Fd& file) const {
    if (status.st_size > 0) {
      file = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    }
    const XattrReader xattrs =
        file ? XattrReader(file) : XattrReader(proc_path(stack_.back(), name));
    Entry entry = entry_of(status, xattrs.read());
    entry.size_bytes = static_cast<std::uint64_t>(status.st_size);
    return entry;
  }

  std::string read_link(const std::string& name) const {
    std::string target(4096, '\0');  // PATH_MAX: the kernel's limit for it
    const ssize_t size = ::readlinkat(stack_.back().get(), name.c_str(),
                                      target.data(), target.size());
    if (size < 0) throw base::system_error(errno, "reading a symbolic link");
    target.resize(static_cast<std::size_t>(size));
    return target;
  }

  const LocalForm& form_;
  const Visit& visit_;
  DirectoryStack stack_;
  std::vector<Level> levels_;
  std::string path_;
  bool is_showing_ = false;
  std::unordered_map<InodeKey, Entry, InodeHash> linked_;  // first names
};

}  // namespace

void walk_local(
    const std::filesystem::path& directory, const LocalForm& form,
    const std::function<void(Entry& entry, const base::Fd& file)>& visit) {
  Walk walk(base::open_file(directory, kOpenDirectory), form, visit);
  try {
    walk.run();
  } catch (base::Error& error) {
    if (!walk.is_showing()) {
      error.add_context((directory / walk.path()).native());
    }
    throw;
  }
}

}  // namespace store

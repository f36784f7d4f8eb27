#include "runtime/merged_copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "runtime/sandbox_run.h"

namespace runtime {
namespace {

namespace fs = std::filesystem;

void check(long result, const fs::path& path) {
  if (result < 0) throw base::system_error(errno, path.native());
}

struct stat status_of(const fs::path& path) {
  struct stat status {};
  check(::lstat(path.c_str(), &status), path);
  return status;
}

std::array<timespec, 2> times_of(const struct stat& status) {
  return {status.st_atim, status.st_mtim};
}

bool is_opaque(const fs::path& directory) {
  for (const char* name : {"trusted.overlay.opaque", "user.overlay.opaque"}) {
    char value = 0;
    if (::lgetxattr(directory.c_str(), name, &value, 1) == 1 && value == 'y') {
      return true;
    }
  }
  return false;
}

bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

void copy_xattrs(const fs::path& from, const fs::path& to) {
  std::array<char, 65536> names;
  const ssize_t size = ::llistxattr(from.c_str(), names.data(), names.size());
  for (ssize_t at = 0; at < size;) {
    const std::string name(names.data() + at);
    at += static_cast<ssize_t>(name.size()) + 1;
    if (name.find(".overlay.") != std::string::npos) continue;
    std::string value(65536, '\0');
    const ssize_t length =
        ::lgetxattr(from.c_str(), name.c_str(), value.data(), value.size());
    if (length < 0) continue;
    // What cannot be set here (a security module's label) is the machine's.
    ::lsetxattr(to.c_str(), name.c_str(), value.data(),
                static_cast<std::size_t>(length), 0);
  }
}

void copy_content(const fs::path& from, const fs::path& to) {
  const base::Fd in = base::open_file(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const base::Fd out =
      base::open_file(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (::ioctl(out.get(), FICLONE, in.get()) == 0) return;
  constexpr std::size_t kMost = 1U << 30U;
  for (;;) {
    const ssize_t count =
        ::copy_file_range(in.get(), nullptr, out.get(), nullptr, kMost, 0);
    if (count < 0 && errno == EINTR) continue;
    check(count, to);
    if (count == 0) return;
  }
}

class Copier {
 public:
  explicit Copier(const std::stop_token& stop) : stop_(stop) {}

  // Each layer has its own hard links.
  void copy_layer(const fs::path& layer, const fs::path& tree) {
    links_.clear();
    copy_members(layer, tree);
  }

 private:
  void copy_members(const fs::path& from, const fs::path& to) {
    for (const auto& entry : fs::directory_iterator(from)) {
      copy(entry.path(), to / entry.path().filename());
    }
  }

  void copy(const fs::path& from, const fs::path& to) {
    throw_if_stopped(stop_);
    const struct stat status = status_of(from);
    const bool is_directory = S_ISDIR(status.st_mode);
    const bool stays = is_directory && !is_opaque(from) &&
                       fs::is_directory(fs::symlink_status(to));
    if (!stays) fs::remove_all(to);
    if (is_whiteout(status) || S_ISSOCK(status.st_mode)) return;
    if (is_directory) {
      if (!stays) check(::mkdir(to.c_str(), 0700), to);
      copy_members(from, to);
    } else if (!copy_file(from, status, to)) {
      return;
    }
    copy_attributes(from, to);
  }

  // False when there is nothing that wants attributes.
  bool copy_file(const fs::path& from, const struct stat& status,
                 const fs::path& to) {
    if (status.st_nlink > 1) {
      const auto [first, is_new] =
          links_.try_emplace({status.st_dev, status.st_ino}, to);
      if (!is_new) {
        check(::link(first->second.c_str(), to.c_str()), to);
        return false;
      }
    }
    if (S_ISREG(status.st_mode)) {
      copy_content(from, to);
    } else if (S_ISLNK(status.st_mode)) {
      fs::copy_symlink(from, to);
    } else if (::mknod(to.c_str(), status.st_mode, status.st_rdev) != 0) {
      if (errno == EPERM) return false;
      throw base::system_error(errno, to.native());
    }
    return true;
  }

  const std::stop_token& stop_;
  std::map<std::pair<dev_t, ino_t>, fs::path> links_;
};

}  // namespace

void copy_attributes(const fs::path& from, const fs::path& to) {
  const struct stat status = status_of(from);
  check(::lchown(to.c_str(), status.st_uid, status.st_gid), to);
  copy_xattrs(from, to);
  if (!S_ISLNK(status.st_mode)) {
    check(::chmod(to.c_str(), status.st_mode & 07777U), to);
  }
  check(::utimensat(AT_FDCWD, to.c_str(), times_of(status).data(),
                    AT_SYMLINK_NOFOLLOW),
        to);
}

void copy_merged(const std::vector<std::string>& lower, const fs::path& upper,
                 const fs::path& tree, const std::stop_token& stop) {
  Copier copier(stop);
  for (auto layer = lower.rbegin(); layer != lower.rend(); ++layer) {
    copier.copy_layer(*layer, tree);
  }
  copier.copy_layer(upper, tree);
  copy_attributes(upper, tree);
}

}  // namespace runtime

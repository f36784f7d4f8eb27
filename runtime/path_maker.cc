#include "runtime/path_maker.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/syscalls.h"

namespace runtime {
namespace {

// As many as the kernel follows in one path.
constexpr int kMaxLinks = 40;

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

}  // namespace

int PathMaker::make(const char* path, PointKind leaf) noexcept {
  made_ = false;
  links_ = 0;
  if (std::strlen(path) >= rest_.size()) return ENAMETOOLONG;
  std::strcpy(rest_.data(), path);
  int error = go_to_root();
  while (error == 0) {
    const char* start = rest_.data() + std::strspn(rest_.data(), "/");
    const std::size_t length = std::strcspn(start, "/");
    if (length == 0) break;
    std::array<char, NAME_MAX + 1> name;
    if (length >= name.size()) {
      error = ENAMETOOLONG;
      break;
    }
    std::memcpy(name.data(), start, length);
    name[length] = '\0';
    std::memmove(rest_.data(), start + length, std::strlen(start + length) + 1);
    const bool last = rest_[std::strspn(rest_.data(), "/")] == '\0';
    error = step(name.data(), last, leaf);
  }
  close_directory();
  return error;
}

int PathMaker::step(const char* name, bool last, PointKind leaf) noexcept {
  if (std::strcmp(name, ".") == 0) return 0;
  if (std::strcmp(name, "..") == 0) return go_up();
  struct stat found;
  if (::fstatat(directory_, name, &found, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) return errno;
    const PointKind kind = last ? leaf : PointKind::directory;
    if (const int error = create(name, kind); error != 0) return error;
    made_ = last;
    if (last) return push(name);
    return descend(name);
  }
  if (S_ISLNK(found.st_mode)) return follow(name);
  if (S_ISDIR(found.st_mode)) return descend(name);
  return last ? push(name) : ENOTDIR;
}

int PathMaker::create(const char* name, PointKind kind) noexcept {
  struct stat before;
  if (::fstat(directory_, &before) != 0) return errno;
  parent_device_ = before.st_dev;
  if (kind == PointKind::directory) {
    if (::mkdirat(directory_, name, 0755) != 0) return errno;
    if (::fstatat(directory_, name, &status_, AT_SYMLINK_NOFOLLOW) != 0) {
      return errno;
    }
  } else {
    const int file = ::openat(directory_, name,
                              O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return errno;
    const int error = ::fstat(file, &status_) == 0 ? 0 : errno;
    ::close(file);
    if (error != 0) return error;
  }
  const timespec times[2] = {before.st_atim, before.st_mtim};
  return ::futimens(directory_, times) == 0 ? 0 : errno;
}

// Puts the link's target in front of what is still to be walked.
int PathMaker::follow(const char* name) noexcept {
  if (++links_ > kMaxLinks) return ELOOP;
  std::array<char, PATH_MAX> target;
  const ssize_t size =
      ::readlinkat(directory_, name, target.data(), target.size() - 1);
  if (size < 0) return errno;
  const auto length = static_cast<std::size_t>(size);
  const std::size_t rest = std::strlen(rest_.data());
  if (length + 1 + rest + 1 > rest_.size()) return ENAMETOOLONG;
  std::memmove(rest_.data() + length + 1, rest_.data(), rest + 1);
  std::memcpy(rest_.data(), target.data(), length);
  rest_[length] = '/';
  return target[0] == '/' ? go_to_root() : 0;
}

int PathMaker::descend(const char* name) noexcept {
  const int inner = ::openat(directory_, name, kDirectoryFlags);
  if (inner < 0) return errno;
  close_directory();
  directory_ = inner;
  return push(name);
}

int PathMaker::go_up() noexcept {
  char* slash = std::strrchr(done_.data(), '/');
  if (slash == nullptr) return go_to_root();
  *slash = '\0';
  // done_ holds no link, so leaving its last part is going up.
  const int outer = openat2(root_, done_.data(), kDirectoryFlags,
                            RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
  if (outer < 0) return errno;
  close_directory();
  directory_ = outer;
  return 0;
}

int PathMaker::go_to_root() noexcept {
  const int top = ::openat(root_, ".", kDirectoryFlags);
  if (top < 0) return errno;
  close_directory();
  directory_ = top;
  done_[0] = '\0';
  return 0;
}

int PathMaker::push(const char* name) noexcept {
  const std::size_t length = std::strlen(done_.data());
  if (length + std::strlen(name) + 2 > done_.size()) return ENAMETOOLONG;
  if (length != 0) done_[length] = '/';
  std::strcpy(done_.data() + length + (length != 0 ? 1 : 0), name);
  return 0;
}

void PathMaker::close_directory() noexcept {
  if (directory_ >= 0) ::close(directory_);
  directory_ = -1;
}

}  // namespace runtime

#include "store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"

namespace store {
namespace {

// Less would not hold the log of one small transaction.
constexpr std::int64_t kLeastBytes = 128 << 10;

bool has_room(const std::filesystem::path& directory) {
  struct statvfs status {};
  return ::statvfs(directory.c_str(), &status) == 0 &&
         std::uint64_t{status.f_bavail} * status.f_frsize >=
             2 * std::uint64_t{Reserve::kBytes};
}

// Allocates what the file does not have yet. Whether it has all of it now.
bool allocate(const std::filesystem::path& path, std::int64_t bytes) {
  const base::Fd file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file && ::posix_fallocate(file.get(), 0, bytes) == 0) return true;
  // What it was given before there was no more.
  if (file) ::unlink(path.c_str());
  return false;
}

}  // namespace

Reserve::Reserve(const std::filesystem::path& root) : path_(root / "reserve") {}

Reserve::~Reserve() {
  if (!is_given_up_) return;
  for (std::int64_t bytes = kBytes; bytes >= kLeastBytes; bytes /= 2) {
    if (allocate(path_, bytes)) return;
  }
}

void Reserve::keep() noexcept {
  struct stat status {};
  if (is_given_up_) return;
  if (::lstat(path_.c_str(), &status) == 0 && status.st_size >= kBytes) return;
  if (has_room(path_.parent_path())) allocate(path_, kBytes);
}

void Reserve::give_up() noexcept {
  is_given_up_ = true;
  ::unlink(path_.c_str());
}

}  // namespace store

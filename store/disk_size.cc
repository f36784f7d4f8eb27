#include "store/disk_size.h"

#include <sys/stat.h>

#include <system_error>

namespace store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBlockBytes = 512;  // of st_blocks, stat(2)

}  // namespace

std::uint64_t allocated_bytes(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return 0;
  return static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes;
}

std::uint64_t allocated_below(const fs::path& directory) {
  std::uint64_t bytes = allocated_bytes(directory);
  std::error_code error;
  fs::recursive_directory_iterator entry(
      directory, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    bytes += allocated_bytes(entry->path());
  }
  return bytes;
}

}  // namespace store

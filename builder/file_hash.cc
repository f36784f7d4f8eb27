#include "builder/file_hash.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "store/long_path.h"
#include "store/xattr_reader.h"

namespace builder {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::size_t kBufferBytes = 256U * 1024U;
constexpr int kMaxAttempts = 3;

store::FileStamp stamp_of_open(const base::Fd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    throw base::system_error(errno, fmt::format("reading {}", path));
  }
  if (!S_ISREG(status.st_mode)) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{} is no regular file", path));
  }
  return stamp_of(status);
}

base::Digest hash_open(const base::Fd& file, const std::stop_token& stop) {
  base::Hasher hasher;
  std::vector<std::byte> buffer(kBufferBytes);
  while (const std::size_t count =
             base::read_some(file, buffer.data(), buffer.size())) {
    if (stop.stop_requested()) {
      throw base::Error(base::ErrorKind::cancelled, "reading was stopped");
    }
    hasher.update(std::span(buffer).first(count));
  }
  for (const auto& [name, value] : store::read_layer_xattrs(file)) {
    hasher.update(fmt::format("{}:{}{}:", name.size(), name, value.size()));
    hasher.update(value);
  }
  return hasher.finish();
}

}  // namespace

store::FileStamp stamp_of(const struct stat& status) {
  const auto ns = [](const timespec& time) {
    return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
  };
  return {status.st_dev, status.st_ino,
          static_cast<std::uint64_t>(status.st_size), ns(status.st_mtim),
          ns(status.st_ctim)};
}

std::optional<store::FileStamp> find_stamp(const base::Fd& root,
                                           const std::string& path) {
  try {
    const base::Fd file =
        store::open_long_path(root, path, O_PATH | O_NOFOLLOW);
    struct stat status {};
    if (::fstat(file.get(), &status) == 0) return stamp_of(status);
  } catch (const base::Error&) {
    // Gone, or behind something else now.
  }
  return std::nullopt;
}

base::Fd open_regular(const base::Fd& root, const std::string& path) {
  // O_NONBLOCK: opening a FIFO would wait for its other end.
  base::Fd file =
      store::open_long_path(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  stamp_of_open(file, path);
  return file;
}

HashedFile hash_file(const base::Fd& root, const std::string& path,
                     const std::stop_token& stop) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const base::Fd file = open_regular(root, path);
    const store::FileStamp stamp = stamp_of_open(file, path);
    const base::Digest content = hash_open(file, stop);
    if (stamp_of_open(file, path) == stamp) return {stamp, content};
  }
  throw base::Error(base::ErrorKind::invalid_input,
                    fmt::format("{} keeps changing while it is read", path))
      .hint("stop what writes to it, or leave it out with .dockerignore");
}

}  // namespace builder

#include "store/blob_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "store/directory.h"

namespace store {
namespace {

constexpr std::uint64_t kSmallBytes = std::uint64_t{16} << 20U;

std::string describe(const base::Digest& digest) {
  return fmt::format("blob {}", digest.str());
}

}  // namespace

BlobStore::BlobStore(const std::filesystem::path& root)
    : blobs_(root / "blobs" / "sha256") {
  if (::access(blobs_.c_str(), F_OK) == 0) return;
  make_directory(blobs_.parent_path(), kPrivate);
  make_directory(blobs_, kPrivate);
}

std::optional<base::Fd> BlobStore::find(const base::Digest& digest) const {
  return base::find_file(path_of(digest), O_RDONLY);
}

std::optional<base::Fd> BlobStore::pin(const Lease& lease,
                                       const base::Digest& digest) const {
  const std::filesystem::path path = path_of(digest);
  const DirectoryLock lock(blobs_, DirectoryLock::Mode::shared);
  std::optional<base::Fd> file = find(digest);
  if (file &&
      ::link(path.c_str(), lease.new_path("pinned-blob").c_str()) != 0) {
    throw base::system_error(errno, fmt::format("keeping {}", path.native()));
  }
  return file;
}

std::string BlobStore::read(const base::Digest& digest) const {
  const std::optional<base::Fd> file = find(digest);
  if (!file) {
    throw base::Error(base::ErrorKind::not_found,
                      describe(digest) + " is not stored");
  }
  std::string bytes;
  try {
    bytes = base::read_all(*file, kSmallBytes);
  } catch (base::Error& error) {
    error.add_context(describe(digest));
    throw;
  }
  const base::Digest actual = base::Digest::of(bytes);
  if (actual != digest) {
    throw base::Error(base::ErrorKind::corrupt,
                      fmt::format("{} is damaged: its bytes are {}",
                                  describe(digest), actual.str()))
        .hint(
            "build or pull the image again; `strake system check` lists all "
            "damage");
  }
  return bytes;
}

BlobWriter BlobStore::ingest(const Lease& lease) {
  return BlobWriter(blobs_, lease.new_path("blob"));
}

base::Digest BlobStore::put(const Lease& lease, std::string_view bytes) {
  BlobWriter writer = ingest(lease);
  writer.append(bytes);
  return writer.commit();
}

std::filesystem::path BlobStore::path_of(const base::Digest& digest) const {
  return blobs_ / digest.hex();
}

std::vector<base::Digest> BlobStore::list() const {
  std::vector<base::Digest> digests;
  std::error_code error;
  for (std::filesystem::directory_iterator it(blobs_, error), end;
       !error && it != end; it.increment(error)) {
    const auto digest =
        base::Digest::find_in("sha256:" + it->path().filename().native());
    if (digest) digests.push_back(*digest);
  }
  if (error) {
    throw base::system_error(error.value(),
                             fmt::format("reading {}", blobs_.native()));
  }
  return digests;
}

std::size_t BlobStore::collect(
    const std::unordered_set<base::Digest>& mentioned) {
  const DirectoryLock lock(blobs_, DirectoryLock::Mode::exclusive);
  std::size_t count = 0;
  for (const base::Digest& digest : list()) {
    if (mentioned.contains(digest)) continue;
    const std::filesystem::path path = path_of(digest);
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || status.st_nlink > 1) continue;
    if (::unlink(path.c_str()) == 0) ++count;
  }
  return count;
}

}  // namespace store

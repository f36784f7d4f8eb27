#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "store/blob_store.h"
#include "store/directory.h"

namespace store {
namespace {

void require(int result, const std::filesystem::path& path) {
  if (result == 0) return;
  throw base::system_error(errno, fmt::format("storing {}", path.native()));
}

}  // namespace

BlobWriter::BlobWriter(std::filesystem::path blobs,
                       std::filesystem::path temporary)
    : blobs_(std::move(blobs)),
      temporary_(std::move(temporary)),
      file_(base::open_file(temporary_, O_WRONLY | O_CREAT | O_EXCL, 0600)) {}

BlobWriter::~BlobWriter() {
  if (file_) ::unlink(temporary_.c_str());
}

void BlobWriter::append(std::string_view bytes) {
  try {
    base::write_all(file_, bytes);
  } catch (base::Error& error) {
    error.add_context(fmt::format("writing {}", temporary_.native()));
    throw;
  }
  hasher_.update(bytes);
  size_bytes_ += bytes.size();
}

base::Digest BlobWriter::commit() {
  const base::Digest digest = hasher_.finish();
  publish(digest);
  return digest;
}

void BlobWriter::commit(const base::Digest& expected) {
  compare(expected);
  publish(expected);
}

void BlobWriter::compare(const base::Digest& expected) {
  const base::Digest actual = hasher_.finish();
  if (actual != expected) {
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("blob is {}, not {}", actual.str(), expected.str()))
        .hint("the transfer was cut or altered; try again");
  }
}

// The file gets its second name and keeps the first, which pins it.
void BlobWriter::publish(const base::Digest& digest) {
  const std::filesystem::path path = blobs_ / digest.hex();
  const DirectoryLock lock(blobs_, DirectoryLock::Mode::shared);
  if (::link(temporary_.c_str(), path.c_str()) != 0) {
    if (errno != EEXIST) require(-1, path);
    const std::string replacement = temporary_.native() + ".new";
    require(::link(temporary_.c_str(), replacement.c_str()), path);
    if (::rename(replacement.c_str(), path.c_str()) != 0) {
      const int error_number = errno;
      ::unlink(replacement.c_str());
      errno = error_number;
      require(-1, path);
    }
  }
  file_.reset();
}

}  // namespace store

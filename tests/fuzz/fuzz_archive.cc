// Any bytes are an archive or are refused: what index_tar() finds lies within
// the file, and reading it in order finds the same.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "require.h"
#include "store/archive_reader.h"
#include "store/tar_index.h"

namespace {

bool is_clean(std::string_view path) {
  return !path.starts_with('/') && !path.starts_with("../") && path != ".." &&
         path.find("/../") == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using fuzz::require;
  const base::Fd file(::memfd_create("archive", MFD_CLOEXEC));
  base::write_all(file, {reinterpret_cast<const char*>(data), size});
  try {
    if (const auto members = store::index_tar(file)) {
      for (const store::TarMember& member : *members) {
        require(is_clean(member.path), "a path below the root");
        if (member.type != store::EntryType::regular) continue;
        require(member.offset <= size && member.size_bytes <= size,
                "data within the file");
      }
    }
  } catch (const base::Error&) {
  }
  ::lseek(file.get(), 0, SEEK_SET);
  try {
    store::ArchiveReader archive(
        [&](std::byte* buffer, std::size_t most) -> std::size_t {
          return base::read_some(file, buffer, most);
        });
    while (auto entry = archive.next()) {
      require(is_clean(entry->path), "a path below the root");
      archive.read_data([&](std::uint64_t offset, std::string_view bytes) {
        require(offset + bytes.size() <= entry->size_bytes, "its own data");
      });
    }
  } catch (const base::Error&) {
  }
  return 0;
}

#include "builder/saved_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "builder/stage_planner.h"
#include "store/archive_reader.h"
#include "store/entry.h"

namespace builder {
namespace {

// As many as the kernel follows.
constexpr int kMostLinks = 40;
// Of an archive that has to be unpacked: far above any number of images.
constexpr std::size_t kMostMembers = 1'000'000;
constexpr std::uint64_t kMostNameBytes = 256U << 20U;
constexpr auto kMostBytes =
    static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());

base::Error invalid(std::string text) {
  return base::Error(base::ErrorKind::invalid_input, std::move(text));
}

std::shared_ptr<const base::Fd> share(base::Fd file) {
  return std::make_shared<const base::Fd>(std::move(file));
}

// A symbolic link's text, seen from the member that has it, with the archive's
// root as "/".
std::string follow(std::string_view link, std::string_view target) {
  const std::string whole =
      target.starts_with('/')
          ? std::string(target)
          : fmt::format("/{}/{}", store::parent_path(link), target);
  return clean_path(whole).substr(1);
}

bool is_at_start(const base::Fd& file) {
  return ::lseek(file.get(), 0, SEEK_CUR) == 0;
}

}  // namespace

store::ByteSource FileRange::source() const {
  return [range = *this](std::byte* buffer, std::size_t size) mutable {
    size = static_cast<std::size_t>(
        std::min<std::uint64_t>(size, range.size_bytes));
    if (size == 0) return std::size_t{0};
    const std::size_t count =
        base::read_at(*range.file, range.offset, buffer, size);
    if (count == 0) throw invalid("the file became shorter while it was read");
    range.offset += count;
    range.size_bytes -= count;
    return count;
  };
}

std::string FileRange::read(std::uint64_t limit_bytes) const {
  if (size_bytes > limit_bytes) {
    throw invalid(fmt::format("it has {} bytes; at most {} are read",
                              size_bytes, limit_bytes));
  }
  std::string content(static_cast<std::size_t>(size_bytes), '\0');
  const store::ByteSource from = source();
  std::size_t done = 0;
  while (done < content.size()) {
    done += from(reinterpret_cast<std::byte*>(content.data()) + done,
                 content.size() - done);
  }
  return content;
}

SavedFiles SavedFiles::open(const std::filesystem::path& path,
                            const store::Lease& lease) {
  // A pipe that nobody writes to yet must not keep us from hearing a signal.
  base::Fd file = base::open_file(path, O_RDONLY | O_NONBLOCK);
  ::fcntl(file.get(), F_SETFL, 0);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    throw base::system_error(errno, fmt::format("reading {}", path.native()));
  }
  if (S_ISDIR(status.st_mode)) {
    SavedFiles files;
    files.directory_ = std::move(file);
    return files;
  }
  try {
    return open(std::move(file), lease);
  } catch (base::Error& error) {
    if (error.kind() != base::ErrorKind::cancelled) {
      error.add_context(path.native());
    }
    throw;
  }
}

SavedFiles SavedFiles::open(base::Fd file, const store::Lease& lease) {
  SavedFiles files;
  auto index = is_at_start(file) ? store::index_tar(file) : std::nullopt;
  if (!index) {
    files.unpack(std::move(file), lease);
    return files;
  }
  const auto shared = share(std::move(file));
  for (store::TarMember& member : *index) {
    std::string path = member.path;
    files.members_.insert_or_assign(std::move(path),
                                    Member{std::move(member), shared});
  }
  return files;
}

// All members go one behind the other into one file without a name.
void SavedFiles::unpack(base::Fd file, const store::Lease& lease) {
  store::ArchiveReader archive([&](std::byte* buffer, std::size_t size) {
    base::wait_until(file, base::Ready::to_read, lease.stop());
    return base::read_some(file, buffer, size);
  });
  const auto place = lease.new_path("members");
  const auto spool =
      share(base::open_file(place, O_RDWR | O_CREAT | O_EXCL, 0600));
  ::unlink(place.c_str());
  std::uint64_t end = 0;
  std::uint64_t name_bytes = 0;
  while (auto entry = archive.next()) {
    lease.throw_if_stopped();
    name_bytes += entry->path.size() + entry->link_target.size();
    if (members_.size() == kMostMembers || name_bytes > kMostNameBytes) {
      throw invalid("it has more members than any saved image");
    }
    Member member;
    member.at = {entry->path, entry->type, entry->link_target, end,
                 entry->size_bytes};
    member.file = spool;
    if (entry->type == store::EntryType::regular) {
      archive.read_data([&](std::uint64_t offset, std::string_view bytes) {
        lease.throw_if_stopped();
        base::write_at(*spool, end + offset, bytes);
      });
      if (entry->size_bytes > kMostBytes - end) {
        throw invalid(fmt::format("{} is too large", entry->path));
      }
      // Holes at its end have no data.
      end += entry->size_bytes;
      if (::ftruncate(spool->get(), static_cast<off_t>(end)) != 0) {
        throw base::system_error(errno, "unpacking the archive");
      }
    }
    members_.insert_or_assign(entry->path, std::move(member));
  }
}

std::optional<FileRange> SavedFiles::find(std::string_view path) const {
  if (directory_) {
    auto file = base::find_in_root(directory_, path, O_RDONLY | O_NONBLOCK);
    struct stat status {};
    if (!file || ::fstat(file->get(), &status) != 0 ||
        !S_ISREG(status.st_mode)) {
      return std::nullopt;
    }
    return FileRange{share(std::move(*file)), 0,
                     static_cast<std::uint64_t>(status.st_size)};
  }
  std::string name = clean_path("/" + std::string(path)).substr(1);
  for (int links = 0; links <= kMostLinks; ++links) {
    const auto found = members_.find(name);
    if (found == members_.end()) return std::nullopt;
    const Member& member = found->second;
    switch (member.at.type) {
      case store::EntryType::regular:
        return FileRange{member.file, member.at.offset, member.at.size_bytes};
      case store::EntryType::hardlink:
        name = member.at.link_target;
        break;
      case store::EntryType::symlink:
        name = follow(name, member.at.link_target);
        break;
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace builder

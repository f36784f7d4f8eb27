#include "store/archive_header.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/layer_xattrs.h"

namespace store {
namespace {

base::Error damaged(std::string_view what) {
  return base::Error(base::ErrorKind::invalid_input,
                     fmt::format("reading an archive: {}", what));
}

// A name from an archive as a path relative to its root, which ".." cannot
// leave.
std::string clean(std::string_view name) {
  std::string path;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      path.resize(parent_path(path).size());
      continue;
    }
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

std::uint32_t owner_id(la_int64_t id) {
  if (id < 0 || id >= UINT32_MAX) {
    throw damaged(fmt::format("{} is no user or group", id));
  }
  return static_cast<std::uint32_t>(id);
}

std::optional<EntryType> type_of(mode_t type) {
  switch (type) {
    case AE_IFREG:
      return EntryType::regular;
    case AE_IFDIR:
      return EntryType::directory;
    case AE_IFLNK:
      return EntryType::symlink;
    case AE_IFCHR:
      return EntryType::character;
    case AE_IFBLK:
      return EntryType::block;
    case AE_IFIFO:
      return EntryType::fifo;
    default:
      return std::nullopt;
  }
}

Timestamp time_of(const ArchiveLibrary& library, ::archive_entry* from) {
  Timestamp time{
      static_cast<std::int64_t>(library.mtime(from)),
      static_cast<std::uint32_t>(library.mtime_nsec(from)),
  };
  // libarchive reads "-1.25" as -1 seconds and 25/100, both counted away from
  // zero, where a timestamp's nanoseconds count forward.
  if (time.seconds < 0 && time.nanoseconds > 0) {
    time.seconds -= 1;
    time.nanoseconds = 1'000'000'000 - time.nanoseconds;
  }
  return time;
}

std::string text_of(const char* text, std::string_view what) {
  if (text == nullptr) throw damaged(fmt::format("a member has no {}", what));
  return text;
}

void read_xattrs(const ArchiveLibrary& library, ::archive_entry* from,
                 Entry& entry) {
  library.xattr_reset(from);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (library.xattr_next(from, &name, &value, &size) == ARCHIVE_OK) {
    if (name == nullptr || !is_layer_xattr(name)) continue;
    entry.xattrs.insert_or_assign(
        name, std::string(static_cast<const char*>(value), size));
  }
}

}  // namespace

std::optional<Entry> read_header(::archive_entry* from) {
  const ArchiveLibrary& library = archive_library();
  Entry entry;
  // The archive's bytes: this program stays in the C locale, which can say
  // no more than ASCII, and what libarchive cannot convert it leaves alone.
  entry.path = clean(text_of(library.pathname(from), "name"));
  entry.mode = library.perm(from) & 07777;
  entry.owner = {owner_id(library.uid(from)), owner_id(library.gid(from))};
  entry.mtime = time_of(library, from);
  read_xattrs(library, from, entry);
  if (const char* target = library.hardlink(from)) {
    entry.type = EntryType::hardlink;
    entry.link_target = clean(target);
    return entry;
  }
  // A hard link whose target was lost (see tar_encoder.cc): what it led to must
  // not be missing without a word.
  if (library.filetype(from) == 0) throw damaged("a member has no target");
  const auto type = type_of(library.filetype(from));
  if (!type) return std::nullopt;
  entry.type = *type;
  if (entry.type == EntryType::symlink) {
    entry.mode = 0777;
    entry.link_target = text_of(library.symlink(from), "target");
  } else if (entry.type == EntryType::character ||
             entry.type == EntryType::block) {
    entry.device_major = static_cast<std::uint32_t>(library.rdevmajor(from));
    entry.device_minor = static_cast<std::uint32_t>(library.rdevminor(from));
  } else if (entry.type == EntryType::regular) {
    const la_int64_t size = library.size(from);
    if (size < 0) throw damaged("a member has a negative size");
    entry.size_bytes = static_cast<std::uint64_t>(size);
  }
  return entry;
}

}  // namespace store

#include "builder/layout_target.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "builder/cache_merge.h"
#include "store/directory.h"

namespace builder {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";
constexpr const char* kRefName = "org.opencontainers.image.ref.name";
// Tells a cache's entry from an image's of the same tag.
constexpr const char* kFormatName = "dev.strake.cache.format";
constexpr int kMostDepth = 4;  // of indexes within indexes
constexpr std::chrono::minutes kLockPatience{10};
constexpr std::chrono::hours kSafeAge{1};
constexpr unsigned kDirectoryMode = 0755;

// Of what was read whole, and is not what it should be.
bool is_damage(const base::Error& error) {
  return error.kind() == base::ErrorKind::corrupt ||
         error.kind() == base::ErrorKind::invalid_input ||
         error.kind() == base::ErrorKind::not_found;
}

void make_part(const fs::path& path) {
  store::make_directories(path, kDirectoryMode);
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("{} is not a directory of its own", path.native()))
        .hint("a cache is not written through links; give another directory");
  }
}

// A regular file of its own under the name that `write` gives back, whatever
// there was: nothing is written into pipes or through links. `beside`: a name
// in its directory, for messages too.
void place_made(const fs::path& beside,
                const std::function<fs::path(const base::Fd&)>& write) {
  const base::NewFile made = base::make_beside(beside);
  try {
    const fs::path path = write(made.file);
    std::error_code ignored;  // then rename(2) says so
    if (fs::is_directory(fs::symlink_status(path, ignored))) {
      fs::remove(path, ignored);
    }
    if (::rename(made.path.c_str(), path.c_str()) != 0) {
      throw base::system_error(errno, "renaming into place");
    }
  } catch (base::Error& error) {
    ::unlink(made.path.c_str());
    if (error.kind() != base::ErrorKind::cancelled) {
      error.add_context(fmt::format("writing {}", beside.native()));
    }
    throw;
  } catch (...) {
    ::unlink(made.path.c_str());
    throw;
  }
}

void place(const fs::path& path, std::string_view content) {
  place_made(path, [&](const base::Fd& file) {
    base::write_all(file, content);
    return path;
  });
}

bool is_file_of(const fs::path& path, std::string_view content) {
  try {
    return base::read_file(path, content.size()) == content;
  } catch (const base::Error&) {
    return false;
  }
}

bool is_old(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return false;
  const auto now = std::chrono::system_clock::now();
  return now - std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec) >
         kSafeAge;
}

}  // namespace

LayoutTarget::LayoutTarget(fs::path directory, std::string tag,
                           std::stop_token stop)
    : directory_(std::move(directory)),
      tag_(std::move(tag)),
      stop_(std::move(stop)) {
  store::make_directories(directory_, kDirectoryMode);
  make_part(directory_ / "blobs");
  make_part(directory_ / "blobs" / "sha256");
  lock_ = LayoutLock::try_for(directory_, LayoutLock::Mode::exclusive,
                              kLockPatience, stop_);
  if (!lock_) {
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("{} cannot be locked", directory_.native()))
        .hint("another build writes to it, or its file system has no locks");
  }
}

fs::path LayoutTarget::path_of(const base::Digest& digest) const {
  return directory_ / "blobs" / "sha256" / digest.hex();
}

// A regular file of that size; its bytes are compared where they are read.
bool LayoutTarget::has(const base::Descriptor& blob) const {
  struct stat status {};
  return ::lstat(path_of(blob.digest).c_str(), &status) == 0 &&
         S_ISREG(status.st_mode) &&
         static_cast<std::uint64_t>(status.st_size) == blob.size_bytes;
}

std::string LayoutTarget::read(const base::Descriptor& blob,
                               std::uint64_t limit_bytes) const {
  if (!has(blob)) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("blob {} is missing", blob.digest.brief()));
  }
  std::string bytes = base::read_file(path_of(blob.digest), limit_bytes);
  if (base::Digest::of(bytes) != blob.digest) {
    throw base::Error(base::ErrorKind::corrupt,
                      fmt::format("blob {} was changed", blob.digest.brief()));
  }
  return bytes;
}

base::Descriptor LayoutTarget::write_blob(const base::Fd& file,
                                          const Write& write) const {
  base::Hasher hasher;
  base::Descriptor made;
  write([&](std::string_view bytes) {
    if (stop_.stop_requested()) {
      throw base::Error(base::ErrorKind::cancelled, "interrupted");
    }
    hasher.update(bytes);
    made.size_bytes += bytes.size();
    base::write_all(file, bytes);
  });
  made.digest = hasher.finish();
  return made;
}

void LayoutTarget::add(const base::Descriptor& blob, const Write& write) {
  const fs::path path = path_of(blob.digest);
  place_made(path, [&](const base::Fd& file) {
    const base::Descriptor made = write_blob(file, write);
    if (made.digest != blob.digest || made.size_bytes != blob.size_bytes) {
      throw base::Error(
          base::ErrorKind::corrupt,
          fmt::format("blob {} was changed in the store", blob.digest.brief()))
          .hint("\"strake system check\" names what is damaged");
    }
    return path;
  });
  written_bytes_ += blob.size_bytes;
}

base::Descriptor LayoutTarget::add_made(std::string_view media_type,
                                        const Write& write) {
  base::Descriptor made;
  place_made(directory_ / "blobs" / "sha256" / "made",
             [&](const base::Fd& file) {
               made = write_blob(file, write);
               return path_of(made.digest);
             });
  made.media_type = media_type;
  written_bytes_ += made.size_bytes;
  return made;
}

base::Descriptor LayoutTarget::put(std::string_view media_type,
                                   std::string_view bytes) {
  base::Descriptor blob{
      std::string(media_type), base::Digest::of(bytes), bytes.size(), {}};
  if (!has(blob) || !is_file_of(path_of(blob.digest), bytes)) {
    add(blob, [bytes](const store::ByteSink& sink) { sink(bytes); });
  }
  return blob;
}

std::string LayoutTarget::read_top() const {
  const auto file =
      base::find_file(directory_ / "index.json", O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (!file || ::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return store::render_index({});
  }
  return base::read_all(*file, store::kMostDocumentBytes);
}

bool LayoutTarget::is_ours(const store::IndexEntry& entry) const {
  const auto& annotations = entry.descriptor.annotations;
  const auto name = annotations.find(kRefName);
  return annotations.contains(kFormatName) && name != annotations.end() &&
         name->second == tag_;
}

store::CacheIndex LayoutTarget::read_index() {
  store::CacheIndex index;
  try {
    for (const store::IndexEntry& entry : store::parse_index(read_top())) {
      if (!is_ours(entry)) continue;
      collect_names(entry.descriptor, 0, before_);
      const store::Manifest manifest = store::parse_manifest(
          read(entry.descriptor, store::kMostDocumentBytes));
      index = store::parse_cache_index(
          read(manifest.config, store::kMostDocumentBytes));
    }
  } catch (const base::Error& error) {
    // A damaged one is of no use to anybody; this makes a new one.
    if (!is_damage(error)) throw;
    return {};
  }
  std::erase_if(index.layers, [&](const auto& item) {
    const store::CachedLayer& layer = item.second;
    return !has(layer.blob) || (layer.index && !has(*layer.index));
  });
  std::erase_if(index.bases, [&](const auto& item) {
    const auto& base_index = item.second.layer.index;
    return base_index && !has(*base_index);
  });
  drop_lost_records(index);
  return index;
}

std::optional<store::CacheIndex> LayoutTarget::commit(
    const store::CacheIndex& index, const std::vector<base::Descriptor>& more) {
  store::IndexEntry entry{
      put(base::media_type::kOciManifest, make_manifest(index, more))};
  entry.descriptor.annotations[kRefName] = tag_;
  entry.descriptor.annotations.insert_or_assign(kFormatName,
                                                std::string(1, '1'));
  const std::string before = read_top();
  std::vector<store::IndexEntry> entries;
  bool is_known = true;  // what the directory holds
  try {
    entries = store::parse_index(before);
  } catch (const base::Error& error) {
    if (!is_damage(error)) throw;
    is_known = false;
  }
  const bool is_there =
      std::any_of(entries.begin(), entries.end(), [&](const auto& old) {
        return is_ours(old) && old.descriptor == entry.descriptor;
      });
  if (!is_there) {
    const std::string after = replace_ours(before, entry);
    std::erase_if(entries, [&](const auto& old) { return is_ours(old); });
    entries.push_back(std::move(entry));
    if (::access((directory_ / "oci-layout").c_str(), F_OK) != 0) {
      place(directory_ / "oci-layout", kLayoutFile);
    }
    if (after.size() > store::kMostDocumentBytes) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("index.json would have {} bytes; at most "
                                    "{} are read",
                                    after.size(), store::kMostDocumentBytes))
          .hint("write to another directory");
    }
    place(directory_ / "index.json", after);
  }
  if (is_known) remove_unnamed(entries);
  return std::nullopt;
}

std::string LayoutTarget::replace_ours(const std::string& before,
                                       const store::IndexEntry& entry) const {
  try {
    return store::edit_index(
        before, [&](const auto& old) { return is_ours(old); }, {entry});
  } catch (const base::Error& error) {
    // A list that is no list leads nobody to anything.
    if (!is_damage(error)) throw;
    return store::render_index({entry});
  }
}

// False where something cannot be read.
bool LayoutTarget::collect_names(const base::Descriptor& descriptor, int depth,
                                 std::set<base::Digest>& names) const {
  if (!names.insert(descriptor.digest).second) return true;
  if (depth == kMostDepth) return false;
  try {
    const std::string text = read(descriptor, store::kMostDocumentBytes);
    if (store::IndexEntry{descriptor}.is_index()) {
      const auto entries = store::parse_index(text);
      return std::all_of(entries.begin(), entries.end(), [&](const auto& in) {
        return collect_names(in.descriptor, depth + 1, names);
      });
    }
    const store::Manifest manifest = store::parse_manifest(text);
    names.insert(manifest.config.digest);
    for (const base::Descriptor& layer : manifest.layers) {
      names.insert(layer.digest);
    }
    return true;
  } catch (const base::Error&) {
    return false;
  }
}

void LayoutTarget::remove_unnamed(
    const std::vector<store::IndexEntry>& entries) {
  std::set<base::Digest> names;
  for (const store::IndexEntry& entry : entries) {
    if (!collect_names(entry.descriptor, 0, names)) return;
  }
  std::error_code error;
  std::vector<fs::path> unnamed;
  for (fs::directory_iterator it(directory_ / "blobs" / "sha256", error), end;
       !error && it != end; it.increment(error)) {
    const fs::path& path = it->path();
    const auto digest =
        base::Digest::find_in("sha256:" + path.filename().native());
    if (digest && names.contains(*digest)) continue;
    const bool is_ours = digest && before_.contains(*digest);
    const bool is_leftover =
        digest || path.filename().native().starts_with(".strake-");
    if (is_ours || (is_leftover && is_old(path))) unnamed.push_back(path);
  }
  for (const fs::path& path : unnamed) ::unlink(path.c_str());
}

}  // namespace builder

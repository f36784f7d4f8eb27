#include "store/layer_unpacker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace store {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kWhiteoutMeta = ".wh..wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr int kMostLinks = 40;
// Making a path takes as many system calls as it has parts.
constexpr int kMostParents = 1000;

base::Error invalid(std::string text) {
  return base::Error(base::ErrorKind::invalid_input, std::move(text));
}

// AUFS kept its own files under such names, e.g. .wh..wh.plnk/12.34.
bool is_aufs_bookkeeping(std::string_view path) {
  if (base_name(path) == kOpaque) return false;
  return path.starts_with(kWhiteoutMeta) ||
         path.find(fmt::format("/{}", kWhiteoutMeta)) != path.npos;
}

// Removes `path` and all below it from a map or set ordered by path_less.
template <typename Map>
void erase_tree(Map& map, std::string_view path) {
  const std::string below = fmt::format("{}/", path);
  auto at = map.lower_bound(path);
  while (at != map.end() &&
         (at->first == path || at->first.starts_with(below))) {
    at = map.erase(at);
  }
}

}  // namespace

LayerUnpacker::LayerUnpacker(TreeWriter& writer,
                             std::function<const MergedTree&()> lower,
                             std::uint64_t most_list_bytes)
    : writer_(writer),
      lower_(std::move(lower)),
      most_list_bytes_(most_list_bytes) {}

// Also what a later member replaces: whoever repeats names lists them twice.
void LayerUnpacker::count(const Entry& entry) {
  list_bytes_ += kEntryBytes + entry.path.size() + entry.link_target.size();
  for (const auto& [name, value] : entry.xattrs) {
    list_bytes_ += name.size() + value.size();
  }
  if (list_bytes_ <= most_list_bytes_) return;
  throw invalid(fmt::format("the layer's list of files takes more than {} MiB",
                            most_list_bytes_ >> 20U))
      .hint("if it is not an attack, split the layer into several");
}

// Where a directory is once this layer's links are followed.
std::string LayerUnpacker::resolve_directory(std::string_view path) const {
  if (links_.empty()) return std::string(path);
  std::string at;
  std::string rest(path);
  int links = 0;
  while (true) {
    const std::size_t start = rest.find_first_not_of('/');
    if (start == rest.npos) return at;
    const std::size_t end = std::min(rest.find('/', start), rest.size());
    const std::string part = rest.substr(start, end - start);
    rest.erase(0, end);
    if (part == ".") continue;
    if (part == "..") {
      if (at.empty()) {
        throw invalid(fmt::format("{} leads out of the layer", path));
      }
      at.resize(parent_path(at).size());
      continue;
    }
    std::string next = join_path(at, part);
    const auto link = links_.find(next);
    if (link == links_.end()) {
      at = std::move(next);
      continue;
    }
    if (++links > kMostLinks) {
      throw invalid(fmt::format("too many symbolic links in {}", path));
    }
    if (link->second.starts_with('/')) at.clear();
    rest = link->second + rest;
  }
}

std::string LayerUnpacker::place_of(std::string_view path) const {
  return join_path(resolve_directory(parent_path(path)), base_name(path));
}

void LayerUnpacker::take(Entry entry, ArchiveReader& archive) {
  count(entry);
  if (entry.path.empty()) {
    if (entry.type != EntryType::directory) {
      throw invalid("the layer's root is not a directory");
    }
    return add_directory(std::move(entry));
  }
  if (std::count(entry.path.begin(), entry.path.end(), '/') > kMostParents) {
    throw invalid(fmt::format("{}… lies over {} directories deep",
                              entry.path.substr(0, 60), kMostParents));
  }
  entry.path = place_of(entry.path);
  const std::string_view name = base_name(entry.path);
  const std::string_view parent = parent_path(entry.path);
  if (is_aufs_bookkeeping(entry.path)) return;
  ensure_directory(parent);
  if (name == kOpaque) return set_opaque(parent);
  if (name.starts_with(kWhiteout)) {
    const std::string_view hidden = name.substr(kWhiteout.size());
    if (hidden.empty() || hidden == "." || hidden == "..") {
      throw invalid(fmt::format("{} hides nothing", entry.path));
    }
    return add_whiteout(join_path(parent, hidden));
  }
  if (entry.type == EntryType::directory) {
    add_directory(std::move(entry));
  } else {
    add_other(entry, archive);
  }
}

void LayerUnpacker::ensure_directory(std::string_view path) {
  for (std::size_t end = 0; !path.empty() && end != path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string_view part = path.substr(0, end);
    if (directories_.contains(part)) continue;
    Entry implied;
    implied.type = EntryType::directory;
    implied.mode = 0755;
    if (const Entry* lower = lower_().find(part);
        lower != nullptr && lower->type == EntryType::directory) {
      implied = *lower;
      implied.opaque = false;
    }
    implied.path = part;
    count(implied);
    const auto there = writer_.find(part);
    if (there && *there != EntryType::directory &&
        *there != EntryType::whiteout) {
      throw invalid(
          fmt::format("{} is not a directory, and a later member is "
                      "below it",
                      part));
    }
    add_directory(std::move(implied));
  }
}

void LayerUnpacker::add_directory(Entry entry) {
  const auto known = directories_.find(entry.path);
  const bool was_opaque = known != directories_.end() && known->second.opaque;
  // What hid a lower file goes on hiding it when something takes its place.
  const bool was_whiteout = whiteouts_.erase(entry.path) != 0;
  entry.opaque = was_opaque || was_whiteout;
  links_.erase(entry.path);
  contents_.erase(entry.path);
  writer_.add(entry);
  std::string path = entry.path;
  directories_.insert_or_assign(std::move(path), std::move(entry));
}

// Its content is hashed while it is in the processor's cache, unless it comes
// with holes.
void LayerUnpacker::add_file(const Entry& entry, ArchiveReader& archive) {
  std::uint64_t hashed = 0;
  bool is_in_order = true;
  writer_.add_file(entry, [&](const base::Fd& file) {
    archive.read_data([&](std::uint64_t offset, std::string_view bytes) {
      base::write_at(file, offset, bytes);
      is_in_order = is_in_order && offset == hashed;
      if (!is_in_order) return;
      content_hash_.update(bytes);
      hashed += bytes.size();
    });
  });
  const base::Digest content = content_hash_.finish();
  if (is_in_order && hashed == entry.size_bytes) {
    contents_.insert_or_assign(entry.path, content);
  }
}

void LayerUnpacker::add_other(const Entry& entry, ArchiveReader& archive) {
  if (entry.type == EntryType::hardlink) return add_link(entry);
  forget(entry.path);
  if (entry.type == EntryType::regular) return add_file(entry, archive);
  writer_.add(entry);
  if (entry.type == EntryType::symlink) {
    links_.insert_or_assign(entry.path, entry.link_target);
  }
}

void LayerUnpacker::add_link(Entry entry) {
  entry.link_target = place_of(entry.link_target);
  if (entry.link_target == entry.path) {
    throw invalid(fmt::format("{} is a hard link to itself", entry.path));
  }
  forget(entry.path);
  const auto target = writer_.find(entry.link_target);
  if (!target || *target == EntryType::whiteout) return copy_from_lower(entry);
  writer_.add(entry);
  if (const auto link = links_.find(entry.link_target); link != links_.end()) {
    links_.insert_or_assign(entry.path, link->second);
  }
}

// A link to a file of a lower layer: overlayfs would have copied the file up,
// and made this another name of the copy.
void LayerUnpacker::copy_from_lower(const Entry& link) {
  const MergedTree& lower = lower_();
  const Entry* target = lower.find(link.link_target);
  if (target == nullptr || target->type == EntryType::directory) {
    throw invalid(fmt::format("{} is a hard link to {}, which does not exist",
                              link.path, link.link_target));
  }
  Entry copy = *target;
  copy.path = link.path;
  if (copy.type != EntryType::regular) {
    writer_.add(copy);
    if (copy.type == EntryType::symlink) {
      links_.insert_or_assign(copy.path, copy.link_target);
    }
    return;
  }
  writer_.add_file(copy, [&](const base::Fd& file) {
    const base::Fd from = lower.open(*target);
    std::array<std::byte, 65536> buffer;
    while (const std::size_t count =
               base::read_some(from, buffer.data(), buffer.size())) {
      base::write_all(file,
                      {reinterpret_cast<const char*>(buffer.data()), count});
    }
  });
}

// A whiteout speaks of lower layers only, wherever in the tar it stands.
void LayerUnpacker::add_whiteout(std::string_view path) {
  const auto there = writer_.find(path);
  if (there == EntryType::directory) return set_opaque(path);
  if (there) return;
  Entry entry;
  entry.path = path;
  entry.type = EntryType::whiteout;
  writer_.add(entry);
  whiteouts_.insert(std::move(entry.path));
}

void LayerUnpacker::set_opaque(std::string_view directory) {
  Entry entry;
  entry.type = EntryType::directory;
  entry.mode = 0755;
  if (const auto known = directories_.find(directory);
      known != directories_.end()) {
    entry = known->second;
  }
  entry.path = directory;
  entry.opaque = true;
  writer_.add(entry);
  directories_.insert_or_assign(entry.path, entry);
}

// Makes place for something that is no directory.
void LayerUnpacker::forget(std::string_view path) {
  if (directories_.contains(path)) {
    writer_.remove(path);
    erase_tree(directories_, path);
    erase_tree(links_, path);
    erase_tree(contents_, path);
  }
  links_.erase(std::string(path));
  contents_.erase(std::string(path));
  whiteouts_.erase(std::string(path));
}

void LayerUnpacker::finish() { writer_.finish(); }

}  // namespace store

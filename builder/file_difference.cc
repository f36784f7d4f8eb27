#include "builder/file_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "builder/copy_flags.h"
#include "builder/shown_text.h"

namespace builder {
namespace {

using store::Entry;
using store::EntryType;

// What the listing of a match's files begins with.
std::string listing_name(std::map<std::string, std::size_t>& seen,
                         const SourceMatch& match) {
  return fmt::format("{}/={}", seen[match.name]++, match.name);
}

std::string_view name_of(EntryType type) {
  switch (type) {
    case EntryType::directory:
      return "directory";
    case EntryType::regular:
      return "file";
    case EntryType::symlink:
      return "link";
    case EntryType::hardlink:
      return "hard link";
    case EntryType::character:
    case EntryType::block:
      return "device";
    case EntryType::fifo:
      return "pipe";
    case EntryType::whiteout:
      return "nothing";
  }
  return "file";
}

// A listing has but the beginning of it.
bool has_same_content(const Entry& was, const Entry& is) {
  constexpr std::ptrdiff_t kKnownBytes = 8;
  return was.size_bytes == is.size_bytes &&
         std::equal(was.content.bytes().begin(),
                    was.content.bytes().begin() + kKnownBytes,
                    is.content.bytes().begin());
}

// "content, mode 0644 → 0755"; empty when they are alike.
std::string describe_change(const Entry& was, const Entry& is) {
  std::string text;
  const auto add = [&text](const std::string& part) {
    text += (text.empty() ? "" : ", ") + part;
  };
  if (was.type != is.type) {
    return fmt::format("{} → {}", name_of(was.type), name_of(is.type));
  }
  if (was.link_target != is.link_target) {
    add(fmt::format("link {}", show_change(was.link_target, is.link_target)));
  }
  if (was.device_major != is.device_major ||
      was.device_minor != is.device_minor) {
    add(fmt::format("device {}:{} → {}:{}", was.device_major, was.device_minor,
                    is.device_major, is.device_minor));
  }
  const bool has_content = is.type == EntryType::regular;
  if (has_content && !has_same_content(was, is)) add("content");
  if (was.mode != is.mode) {
    add(fmt::format("mode {:04o} → {:04o}", was.mode, is.mode));
  }
  if (was.owner != is.owner) {
    add(fmt::format("owner {}:{} → {}:{}", was.owner.uid, was.owner.gid,
                    is.owner.uid, is.owner.gid));
  }
  if (was.xattrs != is.xattrs) add("extended attributes");
  return text;
}

bool is_last_part(std::string_view name, std::string_view path) {
  return path == name ||
         (path.ends_with(name) && path[path.size() - name.size() - 1] == '/');
}

std::string join(std::string_view directory, std::string_view below) {
  return below.empty() ? std::string(directory)
                       : store::join_path(directory, below);
}

// Where the files of a listing stand now.
class Names {
 public:
  explicit Names(std::span<const InputMatch> matches) {
    std::map<std::string, std::size_t> seen;
    for (const InputMatch& match : matches) {
      known_.emplace(listing_name(seen, *match.match), &match);
    }
  }

  std::string show(const Entry& entry) const {
    const Place place = find(entry.path);
    const bool is_directory = entry.type == EntryType::directory;
    std::string text;
    std::string suffix;
    if (place.match == nullptr) {
      text = join(place.name, place.below);
    } else {
      const SourceMatch& match = *place.match->match;
      text = place.match->prefix + join(match.path, place.below);
      // The link that was named may be what is another now.
      if (!match.name.empty() && !is_last_part(match.name, match.path)) {
        text = fmt::format("{} → {}", match.name, text);
      }
      suffix = place.match->suffix;
    }
    if (text.empty()) text.push_back('.');
    if (is_directory && !text.ends_with('/')) text += '/';
    return show_name(text) + suffix;
  }

  // "is gone", and why where an ignore file is.
  std::string explain_absence(const Entry& entry) const {
    const Place place = find(entry.path);
    if (place.match == nullptr || place.match->context == nullptr) {
      return "is gone";
    }
    const std::string rule = place.match->context->find_ignore_rule(
        join(place.match->match->path, place.below));
    return rule.empty() ? "is gone" : fmt::format("is left out now ({})", rule);
  }

 private:
  struct Place {
    const InputMatch* match;  // null where nothing matches as it did
    std::string_view name;
    std::string_view below;
  };

  Place find(std::string_view path) const {
    const std::size_t name_start = std::min(path.find('/') + 1, path.size());
    const std::size_t name_end =
        std::min(path.find('/', name_start), path.size());
    const auto found = known_.find(path.substr(0, name_end));
    const std::string_view name =
        path.substr(name_start, name_end - name_start);
    return {found == known_.end() ? nullptr : found->second,
            name.substr(std::min<std::size_t>(1, name.size())),
            path.substr(std::min(name_end + 1, path.size()))};
  }

  std::map<std::string, const InputMatch*, std::less<>> known_;
};

void sort_by_path(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& left, const Entry& right) {
              return store::path_less(left.path, right.path);
            });
}

// Walks both in one order, and tells what is in one of them alone.
class Comparison {
 public:
  Comparison(const Names& names, std::size_t most)
      : names_(names), most_(most) {}

  std::vector<std::string> run(const std::vector<Entry>& was,
                               const std::vector<Entry>& is) {
    auto old_file = was.begin();
    auto new_file = is.begin();
    while (old_file != was.end() || new_file != is.end()) {
      if (new_file == is.end() ||
          (old_file != was.end() &&
           store::path_less(old_file->path, new_file->path))) {
        tell_one_sided(*old_file, names_.explain_absence(*old_file), gone_);
        ++old_file;
      } else if (old_file == was.end() ||
                 store::path_less(new_file->path, old_file->path)) {
        tell_one_sided(*new_file++, "is new", new_);
      } else {
        const std::string change = describe_change(*old_file++, *new_file);
        if (!change.empty()) {
          tell(fmt::format("{} changed ({})", names_.show(*new_file), change));
        }
        ++new_file;
      }
    }
    if (more_ > 0) {
      lines_.push_back(
          fmt::format("and {} more file{}", more_, more_ == 1 ? "" : "s"));
    }
    return std::move(lines_);
  }

 private:
  void tell(std::string line) {
    if (lines_.size() < most_) {
      lines_.push_back(std::move(line));
    } else {
      ++more_;
    }
  }

  void tell_one_sided(const Entry& entry, std::string_view what,
                      std::string& top) {
    if (!top.empty() && store::is_below(entry.path, top)) return;
    top = entry.path;
    tell(fmt::format("{} {}", names_.show(entry), what));
  }

  const Names& names_;
  std::size_t most_;
  std::vector<std::string> lines_;
  std::size_t more_ = 0;
  std::string gone_;  // the last that was told to be
  std::string new_;
};

}  // namespace

std::vector<Entry> list_files(std::span<const InputMatch> matches,
                              const CopyOp* copy) {
  std::optional<store::Owner> owner;
  if (copy != nullptr && copy->chown) owner.emplace();
  std::vector<Entry> files;
  const auto add = [&](Entry file, std::string path) {
    if (copy != nullptr) apply_copy_flags(*copy, owner, file);
    file.path = std::move(path);
    files.push_back(std::move(file));
  };
  std::map<std::string, std::size_t> seen;
  for (const InputMatch& input : matches) {
    const SourceMatch& match = *input.match;
    const std::string name = listing_name(seen, match);
    Entry root = match.entry;
    if (copy != nullptr && root.type == EntryType::directory) {
      root = Entry();
      root.type = EntryType::directory;
    }
    add(std::move(root), name);
    for (const Entry& member : match.members) {
      add(member, store::join_path(name, member.path));
    }
  }
  return files;
}

std::vector<std::string> compare_files(std::vector<Entry> was,
                                       std::span<const InputMatch> matches,
                                       const CopyOp* copy, std::size_t most) {
  std::vector<Entry> is = list_files(matches, copy);
  sort_by_path(was);
  sort_by_path(is);
  const Names names(matches);
  return Comparison(names, most).run(was, is);
}

}  // namespace builder

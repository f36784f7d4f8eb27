#include "builder/file_selection.h"

#include <fmt/format.h>

#include <unordered_map>

#include "builder/stage_planner.h"
#include "parser/ignore_file.h"

namespace builder {
namespace {

using store::Entry;
using store::EntryType;
using store::FollowLast;
using store::MergedTree;

std::string join(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  return fmt::format("{}/{}", directory, name);
}

// Splits a cleaned relative path into its parts.
std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    parts.emplace_back(path.substr(0, end));
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return parts;
}

std::string strip_root(std::string path) {
  if (path.starts_with('/')) path.erase(0, 1);
  return path;
}

// Whether a name stands for many. An escape alone still means one path.
bool has_wildcard(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (std::string_view("*?[").find(pattern[i]) !=
               std::string_view::npos) {
      return true;
    }
  }
  return false;
}

// Matches a pattern part by part, following links on the way, in path order.
std::vector<std::string> match_wildcards(const MergedTree& tree,
                                         const std::string& pattern) {
  std::vector<std::string> found = {""};
  for (const std::string& part : split(pattern)) {
    const parser::PathPattern matcher(part, parser::DoubleStar::one_part);
    std::vector<std::string> next;
    for (const std::string& directory : found) {
      const std::string real = tree.resolve(directory, FollowLast::yes);
      if (!matcher.has_wildcard()) {
        const std::string path = join(real, matcher.literal());
        if (tree.find(path) != nullptr) {
          next.push_back(join(directory, matcher.literal()));
        }
        continue;
      }
      for (const Entry* child : tree.children(real)) {
        const std::string_view name = store::base_name(child->path);
        if (matcher.matches(name)) next.push_back(join(directory, name));
      }
    }
    found = std::move(next);
  }
  return found;
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

// Collects what is below a directory.
class MemberList {
 public:
  MemberList(const MergedTree& tree, const parser::IgnoreFile& excludes,
             SourceMatch& match)
      : tree_(tree), excludes_(excludes), match_(match) {}

  void fill() {
    const std::vector<const Entry*> below = tree_.below(match_.path);
    for (const Entry* entry : below) {
      const Entry* file = tree_.file_of(*entry);
      if (file != entry) linked_.try_emplace(file);
    }
    for (const Entry* entry : below) add(*entry);
  }

 private:
  void add(const Entry& entry) {
    Entry member = entry;
    member.path.erase(0, match_.path.empty() ? 0 : match_.path.size() + 1);
    member.opaque = false;  // of a layer, not of what the layers show
    while (!passed_.empty() && !is_below(member.path, passed_.back().path)) {
      passed_.pop_back();
    }
    if (excludes_.excludes(member.path)) {
      if (member.type == EntryType::directory) {
        passed_.push_back(std::move(member));
      }
      return;
    }
    // An exclusion left these out, but not what is in them.
    for (Entry& directory : passed_) {
      match_.members.push_back(std::move(directory));
    }
    passed_.clear();
    const auto names = linked_.find(tree_.file_of(entry));
    if (names == linked_.end()) {
      match_.members.push_back(std::move(member));
    } else if (names->second.empty()) {
      names->second = member.path;
      match_.members.push_back(std::move(member));
    } else {
      Entry link = std::move(member);
      link.type = EntryType::hardlink;
      link.link_target = names->second;
      link.size_bytes = 0;
      link.content = {};
      match_.members.push_back(std::move(link));
    }
  }

  const MergedTree& tree_;
  const parser::IgnoreFile& excludes_;
  SourceMatch& match_;
  std::vector<Entry> passed_;  // excluded directories around the current path
  // Files of several names, with the first that is copied.
  std::unordered_map<const Entry*, std::string> linked_;
};

// One pattern a line, as in an ignore file.
parser::IgnoreFile excludes_of(const CopyOp& op) {
  std::string text;
  for (const std::string& pattern : op.excludes) text += pattern + "\n";
  return parser::IgnoreFile::parse(text);
}

void hash_match(const Entry& root, const SourceMatch& match,
                base::Hasher& hasher) {
  hasher.update(fmt::format("{}:{};{};", match.name.size(), match.name,
                            match.members.size()));
  store::hash_stable(root, hasher);
  for (const Entry& member : match.members) store::hash_stable(member, hasher);
}

}  // namespace

Selection select_files(const CopyOp& op, const FindTree& find_tree) {
  Selection selection;
  const parser::IgnoreFile excludes = excludes_of(op);
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    const MergedTree* found = find_tree(i);
    if (found == nullptr) continue;
    const MergedTree& tree = *found;
    const std::string pattern =
        strip_root(clean_path("/" + op.sources[i].path));
    std::vector<std::string> paths = match_wildcards(tree, pattern);
    if (paths.empty() && !has_wildcard(pattern)) {
      selection.missing = {i, pattern, tree.resolve(pattern, FollowLast::yes)};
      return selection;
    }
    for (const std::string& path : paths) {
      SourceMatch match;
      match.source = i;
      match.name = store::base_name(path);
      match.path = tree.resolve(path, FollowLast::yes);
      const Entry* entry = tree.find(match.path);
      if (entry == nullptr) {
        selection.missing = {i, path, match.path};
        return selection;
      }
      match.entry = *entry;
      if (entry->type == EntryType::directory) {
        MemberList(tree, excludes, match).fill();
      } else if (excludes.excludes(match.name)) {
        continue;
      }
      selection.matches.push_back(std::move(match));
    }
  }
  return selection;
}

std::optional<SourceMatch> find_tree_match(const MergedTree& tree,
                                           std::string_view path) {
  SourceMatch match;
  match.path =
      tree.resolve(clean_path(fmt::format("/{}", path)), FollowLast::yes);
  const Entry* entry = tree.find(match.path);
  if (entry == nullptr) return std::nullopt;
  match.entry = *entry;
  if (entry->type == EntryType::directory) {
    MemberList(tree, parser::IgnoreFile(), match).fill();
  }
  return match;
}

base::Digest copy_digest(const Selection& selection) {
  base::Hasher hasher;
  for (const SourceMatch& match : selection.matches) {
    Entry root = match.entry;
    if (root.type == EntryType::directory) {
      root = Entry();
      root.type = EntryType::directory;
    }
    root.path.clear();
    hash_match(root, match, hasher);
  }
  return hasher.finish();
}

base::Digest mount_digest(const SourceMatch& match) {
  base::Hasher hasher;
  Entry root = match.entry;
  root.path.clear();
  hash_match(root, match, hasher);
  return hasher.finish();
}

}  // namespace builder

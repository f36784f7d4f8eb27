#include "builder/file_selection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
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

// Matches a pattern part by part, following links on the way, in path order.
std::vector<std::string> match_wildcards(const MergedTree& tree,
                                         const std::string& pattern) {
  std::vector<std::string> found = {""};
  for (const std::string& part : split(pattern)) {
    const parser::PathPattern matcher(part);
    std::vector<std::string> next;
    for (const std::string& directory : found) {
      const std::string real = tree.resolve(directory, FollowLast::yes);
      if (!matcher.has_wildcard()) {
        const std::string path = join(directory, matcher.literal());
        if (tree.find(tree.resolve(path, FollowLast::no)) != nullptr) {
          next.push_back(path);
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

// A hard link stays one only when what it leads to is copied along, before it.
Entry member_of(const MergedTree& tree, const Entry& entry,
                std::string_view root) {
  Entry member = entry;
  if (entry.type == EntryType::hardlink) {
    const bool is_inside =
        root.empty() || (entry.link_target.size() > root.size() &&
                         entry.link_target.starts_with(root) &&
                         entry.link_target[root.size()] == '/');
    if (is_inside) {
      member.link_target =
          entry.link_target.substr(root.empty() ? 0 : root.size() + 1);
    } else if (const Entry* file = tree.find(entry.path)) {
      member = *file;
    }
  }
  member.path = entry.path.substr(root.empty() ? 0 : root.size() + 1);
  member.opaque = false;  // of a layer, not of what the layers show
  return member;
}

void add_members(const MergedTree& tree, SourceMatch& match,
                 const parser::IgnoreFile& excludes) {
  for (const Entry* entry : tree.below(match.path)) {
    Entry member = member_of(tree, *entry, match.path);
    if (!excludes.empty() && excludes.excludes(member.path)) continue;
    if (member.type == EntryType::hardlink &&
        excludes.excludes(member.link_target)) {
      member = *tree.find(entry->path);
      member.path =
          entry->path.substr(match.path.empty() ? 0 : match.path.size() + 1);
    }
    match.members.push_back(std::move(member));
  }
}

parser::IgnoreFile excludes_of(const CopyOp& op) {
  std::string text;
  for (const std::string& pattern : op.excludes) text += pattern + "\n";
  return parser::IgnoreFile::parse(text);
}

void hash_match(const SourceMatch& match, base::Hasher& hasher) {
  hasher.update(fmt::format("{}:{};{};", match.name.size(), match.name,
                            match.members.size()));
  Entry root = match.entry;
  root.path.clear();
  store::hash_stable(root, hasher);
  for (const Entry& member : match.members) store::hash_stable(member, hasher);
}

}  // namespace

Selection select_files(const MergedTree& tree, const CopyOp& op) {
  Selection selection;
  const parser::IgnoreFile excludes = excludes_of(op);
  for (const std::string& source : op.sources) {
    const std::string pattern = strip_root(clean_path("/" + source));
    const bool is_wild = parser::PathPattern(pattern).has_wildcard();
    selection.has_wildcard |= is_wild;
    std::vector<std::string> paths = {pattern};
    if (is_wild) paths = match_wildcards(tree, pattern);
    for (const std::string& path : paths) {
      SourceMatch match;
      match.name = store::base_name(path);
      match.path = tree.resolve(path, FollowLast::yes);
      const Entry* entry = tree.find(match.path);
      if (entry == nullptr) {
        throw base::Error(base::ErrorKind::not_found,
                          fmt::format("\"{}\" is not there", source));
      }
      match.entry = *entry;
      if (entry->type == EntryType::directory) {
        add_members(tree, match, excludes);
      } else if (!excludes.empty() && excludes.excludes(match.name)) {
        continue;
      }
      selection.matches.push_back(std::move(match));
    }
  }
  return selection;
}

SourceMatch select_tree(const MergedTree& tree, std::string_view path) {
  SourceMatch match;
  match.path =
      tree.resolve(clean_path(fmt::format("/{}", path)), FollowLast::yes);
  const Entry* entry = tree.find(match.path);
  if (entry == nullptr) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("\"{}\" is not there", path));
  }
  match.entry = *entry;
  if (entry->type == EntryType::directory) {
    add_members(tree, match, parser::IgnoreFile());
  }
  return match;
}

base::Digest digest_of(const Selection& selection) {
  base::Hasher hasher;
  for (const SourceMatch& match : selection.matches) hash_match(match, hasher);
  return hasher.finish();
}

base::Digest digest_of(const SourceMatch& match) {
  base::Hasher hasher;
  hash_match(match, hasher);
  return hasher.finish();
}

}  // namespace builder

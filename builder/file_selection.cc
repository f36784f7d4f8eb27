#include "builder/file_selection.h"

#include <fmt/format.h>

#include <unordered_map>

#include "builder/copy_flags.h"
#include "builder/stage_planner.h"
#include "parser/ignore_file.h"

namespace builder {
namespace {

using store::Entry;
using store::EntryType;
using store::FollowLast;
using store::MergedTree;

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

// The path that a pattern without wildcards stands for.
std::string unescape(std::string_view pattern) {
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    path += pattern[i];
  }
  return path;
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
        const std::string path = store::join_path(real, matcher.literal());
        if (tree.find(path) != nullptr) {
          next.push_back(store::join_path(directory, matcher.literal()));
        }
        continue;
      }
      for (const Entry* child : tree.children(real)) {
        const std::string_view name = store::base_name(child->path);
        if (matcher.matches(name))
          next.push_back(store::join_path(directory, name));
      }
    }
    found = std::move(next);
  }
  return found;
}

// Collects what is below a directory: what no exclusion hides and, where there
// is a pattern of what is wanted, what it or a directory above it matches.
class MemberList {
 public:
  MemberList(const MergedTree& tree, const parser::IgnoreFile& excludes,
             SourceMatch& match, const parser::PathPattern* wanted = nullptr)
      : tree_(tree), excludes_(excludes), match_(match), wanted_(wanted) {}

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
    while (!passed_.empty() &&
           !store::is_below(member.path, passed_.back().path)) {
      passed_.pop_back();
    }
    if (excludes_.excludes(member.path) || !is_wanted(member.path)) {
      if (member.type == EntryType::directory) {
        passed_.push_back(std::move(member));
      }
      return;
    }
    // These were left out, but not all that is in them.
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

  // Each directory is asked about once: below one that matches, all is wanted.
  bool is_wanted(const std::string& path) {
    if (wanted_ == nullptr) return true;
    if (!wanted_top_.empty() && store::is_below(path, wanted_top_)) return true;
    if (!wanted_->matches(path)) return false;
    wanted_top_ = path;
    return true;
  }

  const MergedTree& tree_;
  const parser::IgnoreFile& excludes_;
  SourceMatch& match_;
  const parser::PathPattern* wanted_;
  std::string wanted_top_;     // the last that matched
  std::vector<Entry> passed_;  // left out directories around the current path
  // Files of several names, with the first that is copied.
  std::unordered_map<const Entry*, std::string> linked_;
};

// The match itself comes as `root`, with what counts of it.
template <typename HashEntry>
void hash_match(const Entry& root, const SourceMatch& match,
                base::Hasher& hasher, const HashEntry& hash_entry) {
  hasher.update(fmt::format("{}:{};{};", match.name.size(), match.name,
                            match.members.size()));
  hash_entry(root);
  for (const Entry& member : match.members) hash_entry(member);
}

// Selects for one COPY or ADD, source by source.
class Selector {
 public:
  explicit Selector(const CopyOp& op)
      : op_(op), excludes_(parser::IgnoreFile::of_patterns(op.excludes)) {}

  Selection select(const FindTree& find_tree) {
    for (std::size_t i = 0; i < op_.sources.size(); ++i) {
      const MergedTree* tree = find_tree(i);
      if (tree == nullptr) continue;
      if (op_.keeps_parents) {
        select_with_parents(i, *tree);
      } else {
        select_plain(i, *tree);
      }
      if (selection_.missing) break;
    }
    return std::move(selection_);
  }

 private:
  void select_plain(std::size_t source, const MergedTree& tree) {
    for (SourceMatch& match :
         match_source(source, tree, op_.sources[source].path)) {
      if (match.entry.type == EntryType::directory) {
        MemberList(tree, excludes_, match).fill();
      } else if (excludes_.excludes(match.name)) {
        continue;
      }
      selection_.matches.push_back(std::move(match));
    }
  }

  // --parents: what is before the first "/./" says where to stand, what is
  // behind it which paths below to take. The links there are not followed.
  void select_with_parents(std::size_t source, const MergedTree& tree) {
    const std::string& text = op_.sources[source].path;
    const std::size_t cut = text.find("/./");
    const bool is_cut = cut != std::string::npos;
    const std::string wanted =
        strip_root(clean_path("/" + (is_cut ? text.substr(cut + 3) : text)));
    const parser::PathPattern pattern("/" + wanted);
    for (SourceMatch& match :
         match_source(source, tree, is_cut ? text.substr(0, cut) : "")) {
      if (match.entry.type != EntryType::directory) continue;
      const std::string named = store::join_path(match.path, unescape(wanted));
      if (!has_wildcard(text) && tree.find(named) == nullptr) {
        set_missing(source, tree, named);
        return;
      }
      match.name.clear();
      MemberList(tree, excludes_, match, wanted.empty() ? nullptr : &pattern)
          .fill();
      selection_.matches.push_back(std::move(match));
    }
  }

  // What a word names, links followed. Says what is missing.
  std::vector<SourceMatch> match_source(std::size_t source,
                                        const MergedTree& tree,
                                        const std::string& text) {
    const std::string pattern = strip_root(clean_path("/" + text));
    const std::vector<std::string> paths = match_wildcards(tree, pattern);
    if (paths.empty() && !has_wildcard(pattern)) {
      set_missing(source, tree, pattern);
    }
    std::vector<SourceMatch> matches;
    for (const std::string& path : paths) {
      SourceMatch match;
      match.source = source;
      match.name = store::base_name(path);
      match.path = tree.resolve(path, FollowLast::yes);
      const Entry* entry = tree.find(match.path);
      if (entry == nullptr) {
        set_missing(source, tree, path);
        return matches;
      }
      match.entry = *entry;
      matches.push_back(std::move(match));
    }
    return matches;
  }

  void set_missing(std::size_t source, const MergedTree& tree,
                   const std::string& name) {
    selection_.missing = {source, name, tree.resolve(name, FollowLast::yes)};
  }

  const CopyOp& op_;
  const parser::IgnoreFile excludes_;
  Selection selection_;
};

}  // namespace

Selection select_files(const CopyOp& op, const FindTree& find_tree) {
  return Selector(op).select(find_tree);
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

base::Digest copy_digest(const CopyOp& op, const Selection& selection) {
  base::Hasher hasher;
  // Whose they all become is in the operation, or where it is a name, in what
  // the step sees of its base.
  std::optional<store::Owner> owner;
  if (op.chown) owner.emplace();
  const bool is_adapted = op.chown || op.chmod;
  const auto hash_entry = [&](const Entry& entry) {
    if (!is_adapted) return store::hash_stable(entry, hasher);
    Entry adapted = entry;
    apply_copy_flags(op, owner, adapted);
    store::hash_stable(adapted, hasher);
  };
  for (const SourceMatch& match : selection.matches) {
    Entry root = match.entry;
    if (root.type == EntryType::directory) {
      root = Entry();
      root.type = EntryType::directory;
    }
    root.path.clear();
    hash_match(root, match, hasher, hash_entry);
  }
  return hasher.finish();
}

base::Digest mount_digest(const SourceMatch& match) {
  base::Hasher hasher;
  Entry root = match.entry;
  root.path.clear();
  hash_match(root, match, hasher, [&hasher](const Entry& entry) {
    store::hash_stable(entry, hasher);
  });
  return hasher.finish();
}

}  // namespace builder

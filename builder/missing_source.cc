#include "builder/missing_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "builder/stage_planner.h"
#include "parser/url.h"
#include "parser/values.h"

namespace builder {
namespace {

using store::Entry;
using store::MergedTree;

std::string_view stem_of(std::string_view name) {
  return name.substr(0, name.rfind('.'));
}

// Of the names in a directory the one that differs in its extension alone, else
// the nearest in spelling.
std::string find_near_name(const MergedTree& tree, std::string_view directory,
                           std::string_view wrong) {
  std::vector<std::string_view> names;
  std::vector<std::string_view> alike;
  for (const Entry* entry : tree.children(directory)) {
    const std::string_view name = store::base_name(entry->path);
    names.push_back(name);
    if (!stem_of(name).empty() && stem_of(name) == stem_of(wrong)) {
      alike.push_back(name);
    }
  }
  std::string near = parser::find_nearest(wrong, names);
  if (near.empty() && alike.size() == 1) near = alike.front();
  return near;
}

// The one path of that name, wherever it is.
std::string find_only_path(const MergedTree& tree, std::string_view name) {
  std::string only;
  for (const Entry* entry : tree.below("")) {
    if (store::base_name(entry->path) != name) continue;
    if (!only.empty()) return {};
    only = entry->path;
  }
  return only;
}

// Why a path may have been written that no build can reach.
std::string explain_root(const CopyOp& op, const CopySource& source) {
  if (op.keeps_parents || source.from.kind != TreeSource::Kind::context) {
    return {};
  }
  if (source.path.starts_with("../") || source.path == "..") {
    return "sources start at the root of the build context, and \"..\" does "
           "not leave it; build with a context that holds the file";
  }
  if (source.path.starts_with('/')) {
    return "a leading \"/\" is the root of the build context, not of this "
           "machine";
  }
  return {};
}

}  // namespace

std::string find_near_path(const MergedTree& tree, std::string_view path) {
  // The first part of the path that is not there may be the one misspelt.
  std::string_view wrong = path;
  while (!store::parent_path(wrong).empty() &&
         tree.find(store::parent_path(wrong)) == nullptr) {
    wrong = store::parent_path(wrong);
  }
  const std::string_view directory = store::parent_path(wrong);
  const std::string near =
      find_near_name(tree, directory, store::base_name(wrong));
  if (!near.empty()) {
    const std::string meant =
        store::join_path(directory, near).append(path.substr(wrong.size()));
    if (wrong.size() == path.size() || tree.find(meant) != nullptr) {
      return meant;
    }
  }
  const std::string only = find_only_path(tree, store::base_name(path));
  if (!only.empty() || near.empty()) return only;
  return store::join_path(directory, near).append(path.substr(wrong.size()));
}

base::Error missing_source(const CopyOp& op, const MissingSource& missing,
                           const MergedTree& tree, std::string_view place,
                           std::string hint) {
  // What ADD does not fetch is a path, and may be an address all the same.
  std::string text = fmt::format("there is no \"{}\" in {}",
                                 parser::redact_address(missing.name), place);
  if (missing.path != missing.name) {
    const bool is_there = tree.find(missing.path) != nullptr;
    text =
        fmt::format("\"{}\" leads to \"{}\", {} {}", missing.name, missing.path,
                    is_there ? "through a link that --parents does not "
                               "follow in"
                             : "which is not in",
                    place);
  }
  if (hint.empty()) {
    const std::string near = find_near_path(tree, missing.path);
    if (!near.empty() && near != missing.path) {
      hint = fmt::format("did you mean \"{}\"?", near);
    }
  }
  if (hint.empty()) hint = explain_root(op, op.sources[missing.source]);
  return base::Error(base::ErrorKind::not_found, std::move(text))
      .hint(std::move(hint));
}

base::Error missing_mount_source(const ExecMount& mount,
                                 BuildContexts& contexts,
                                 const store::MergedTree& tree) {
  const std::string source = mount.option.source.value_or("/");
  const std::string path = clean_path("/" + source).substr(1);
  const std::string target = tree.resolve(path, store::FollowLast::yes);
  BuildContext* context = mount.source.kind == TreeSource::Kind::context
                              ? &contexts.at(mount.source.context)
                              : nullptr;
  const std::string place = context != nullptr
                                ? context->title()
                                : fmt::format("\"{}\"", mount.source.name);
  std::string text =
      target == path
          ? fmt::format("mount source \"{}\" is not in {}", source, place)
          : fmt::format(
                "mount source \"{}\" leads to \"{}\", which is not in {}",
                source, target, place);
  base::Error error(base::ErrorKind::not_found, std::move(text));
  if (context != nullptr) error.hint(context->explain_absence(target));
  return error;
}

}  // namespace builder

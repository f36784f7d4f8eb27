#include "builder/resolve_links.h"

#include <fmt/format.h>

#include <vector>

#include "base/error.h"

namespace builder {
namespace {

constexpr int kMaxLinks = 40;  // as the kernel's

// Last part first: `todo` is a stack.
void push_parts(std::vector<std::string>& todo, std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const std::string_view part =
        slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!part.empty() && part != ".") todo.emplace_back(part);
    if (slash == std::string_view::npos) break;
    path = path.substr(0, slash);
  }
}

}  // namespace

std::string resolve_links(std::string_view root, std::string_view path,
                          store::FollowLast follow, const FindEntry& find) {
  std::vector<std::string> todo;
  push_parts(todo, path);
  std::string done(root);
  int links = 0;
  while (!todo.empty()) {
    const std::string part = std::move(todo.back());
    todo.pop_back();
    if (part == "..") {
      if (done.size() > root.size()) done = store::parent_path(done);
      continue;
    }
    std::string here = done.empty() ? part : done + "/" + part;
    const store::Entry* entry = find(here);
    const bool is_followed = !todo.empty() || follow == store::FollowLast::yes;
    if (entry == nullptr || entry->type != store::EntryType::symlink ||
        !is_followed) {
      done = std::move(here);
      continue;
    }
    if (++links > kMaxLinks) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("\"/{}\" is in a loop of links", here));
    }
    if (entry->link_target.starts_with('/')) done = root;
    push_parts(todo, entry->link_target);
  }
  return done;
}

}  // namespace builder

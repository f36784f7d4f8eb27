#include "runtime/cgroup_hierarchy.h"

#include <algorithm>
#include <optional>

#include "base/file.h"

namespace runtime {
namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text, char separator) {
  Words words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// proc(5): blanks and backslashes in a path are written as "\040".
std::string unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      result += static_cast<char>((text[i + 1] - '0') * 64 +
                                  (text[i + 2] - '0') * 8 + text[i + 3] - '0');
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

struct CgroupMount {
  bool is_unified = false;
  std::string root;  // the cgroup that is seen at the mount point
  std::string point;
  Words options;  // v1: with the controllers among them
};

// "31 23 0:26 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu"
std::optional<CgroupMount> parse_mount(const std::string& line) {
  const Words words = split(line, ' ');
  const auto dash = std::find(words.begin(), words.end(), "-");
  if (words.size() < 5 || words.end() - dash < 4) return std::nullopt;
  const std::string& type = *(dash + 1);
  if (type != "cgroup" && type != "cgroup2") return std::nullopt;
  return CgroupMount{type == "cgroup2", unescape(words[3]), unescape(words[4]),
                     split(*(dash + 3), ',')};
}

// `path`, a cgroup, as a path below a mount that shows `root` and what is in
// it.
std::optional<std::string> below(std::string path, const std::string& root) {
  if (root == "/") return path.substr(1);
  if (path != root && !path.starts_with(root + "/")) return std::nullopt;
  path.erase(0, std::min(root.size() + 1, path.size()));
  return path;
}

}  // namespace

std::vector<CgroupHierarchy> parse_cgroup_hierarchies(
    std::string_view cgroup, std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  for (const std::string& line : split(mountinfo, '\n')) {
    if (auto mount = parse_mount(line)) mounts.push_back(std::move(*mount));
  }
  std::vector<CgroupHierarchy> hierarchies;
  // "4:memory:/user", "0::/user"; the path may hold colons.
  for (const std::string& line : split(cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const Words controllers =
        split(line.substr(first + 1, second - first - 1), ',');
    for (const CgroupMount& mount : mounts) {
      const bool is_this =
          controllers.empty()
              ? mount.is_unified
              : !mount.is_unified && contains(mount.options, controllers[0]);
      if (!is_this) continue;
      const auto path = below(line.substr(second + 1), mount.root);
      if (!path) continue;
      CgroupHierarchy hierarchy;
      if (!mount.is_unified) hierarchy.version = CgroupHierarchy::Version::v1;
      hierarchy.controllers = controllers;
      hierarchy.mount_point = mount.point;
      hierarchy.own =
          path->empty() ? hierarchy.mount_point : hierarchy.mount_point / *path;
      hierarchies.push_back(std::move(hierarchy));
      break;
    }
  }
  return hierarchies;
}

std::vector<CgroupHierarchy> find_cgroup_hierarchies() {
  return parse_cgroup_hierarchies(base::read_file("/proc/self/cgroup"),
                                  base::read_file("/proc/self/mountinfo"));
}

}  // namespace runtime

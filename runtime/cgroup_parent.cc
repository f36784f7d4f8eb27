#include "runtime/cgroup_parent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/error.h"
#include "base/file.h"
#include "runtime/cgroup_directory.h"

namespace runtime {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

std::optional<fs::path> find_handing_down(const CgroupHierarchy& hierarchy,
                                          const Words& controllers) {
  for (fs::path at = hierarchy.own;; at = at.parent_path()) {
    if (hands_down(at, controllers)) return at;
    if (at == hierarchy.mount_point || !at.has_relative_path()) return {};
  }
}

// systemd's slices lie in each other by their names: "a-b.slice" is in
// "a.slice".
std::string expand_slice(const std::string& name) {
  constexpr std::string_view kSuffix = ".slice";
  if (!name.ends_with(kSuffix) || name.find('/') != name.npos) return name;
  std::string path = "/";
  for (std::size_t dash = name.find('-'); dash != name.npos;
       dash = name.find('-', dash + 1)) {
    path += fmt::format("{}{}/", name.substr(0, dash), kSuffix);
  }
  return path + name;
}

// What ".." leaves is the hierarchy's root.
fs::path resolve(const CgroupHierarchy& hierarchy, const std::string& wanted) {
  const std::string expanded = expand_slice(wanted);
  const fs::path& start =
      expanded.starts_with('/') ? hierarchy.mount_point : hierarchy.own;
  const fs::path below = fs::path("/" + expanded).lexically_normal();
  const fs::path found = start / below.relative_path();
  return found.has_filename() ? found : found.parent_path();
}

}  // namespace

std::optional<fs::path> find_cgroup_parent(const CgroupHierarchy& hierarchy,
                                           const std::string& wanted,
                                           const Words& controllers,
                                           bool counts_memory) {
  const bool is_unified = hierarchy.version == CgroupHierarchy::Version::v2;
  if (!wanted.empty()) return resolve(hierarchy, wanted);
  if (!is_unified) return hierarchy.own;
  if (counts_memory) {
    Words with_memory = controllers;
    with_memory.emplace_back("memory");
    if (auto found = find_handing_down(hierarchy, with_memory)) return found;
    if (controllers.empty()) return std::nullopt;
  }
  // Where none has them yet: the kernel's root may hold processes and have
  // children with limits all the same; what only looks like it (a container's)
  // may not.
  return find_handing_down(hierarchy, controllers)
      .value_or(hierarchy.mount_point);
}

std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text) {
  constexpr unsigned kMax = 8192;  // the kernel's most
  std::vector<unsigned> numbers;
  const auto read = [&](unsigned& number) {
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc() && number < kMax;
  };
  while (true) {
    unsigned first = 0;
    if (!read(first)) return std::nullopt;
    unsigned last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      if (!read(last) || last < first) return std::nullopt;
    }
    for (unsigned number = first; number <= last; ++number) {
      numbers.push_back(number);
    }
    if (text.empty()) return numbers;
    if (!text.starts_with(',')) return std::nullopt;
    text.remove_prefix(1);
  }
}

void check_cpuset(const fs::path& parent, const CgroupSetting& setting) {
  if (!setting.file.starts_with("cpuset.")) return;
  // v1 has its own in "cpuset.cpus", v2 what it was handed in ".effective".
  const char* const kind = setting.file == "cpuset.cpus" ? "cpus" : "mems";
  Words there =
      read_cgroup_words(parent / fmt::format("cpuset.{}.effective", kind));
  if (there.empty()) {
    there =
        read_cgroup_words(parent / fmt::format("cpuset.effective_{}", kind));
  }
  if (there.empty()) return;
  const auto have = parse_cpu_list(there.front());
  const auto want = parse_cpu_list(setting.value);
  const bool is_there =
      have && want &&
      std::all_of(want->begin(), want->end(), [&](unsigned number) {
        return std::find(have->begin(), have->end(), number) != have->end();
      });
  if (is_there) return;
  throw base::Error(
      base::ErrorKind::invalid_input,
      fmt::format("the limit cannot be set: {} {} is asked for, and {} has {}",
                  setting.file, setting.value, parent.native(), there.front()))
      .hint("ask for some of those");
}

}  // namespace runtime

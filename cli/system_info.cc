// strake system info: the store, and what this machine offers to builds.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "builder/platform.h"
#include "cli/image_json.h"
#include "cli/rootless.h"
#include "cli/system_report.h"
#include "cli/table.h"
#include "store/store.h"
#include "store/usage.h"

namespace cli {
namespace {

using nlohmann::json;

// A file of /proc or /sys, empty where there is none.
std::string read_kernel(const char* path) {
  const auto file = base::find_file(path, O_RDONLY);
  return file ? base::read_all(*file, 4U << 20U) : std::string();
}

// The type of the file system that a path is on (proc(5), mountinfo): of the
// mounts above it the deepest, and of those the last.
std::string file_system_of(const std::filesystem::path& path) {
  const std::string mounts = read_kernel("/proc/self/mountinfo");
  std::string type = "unknown";
  std::size_t depth = 0;
  std::string_view rest = mounts;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    std::string_view point = line;
    for (int field = 0; field < 4; ++field) {
      point.remove_prefix(std::min(point.find(' ') + 1, point.size()));
    }
    point = point.substr(0, point.find(' '));
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos || point.size() < depth) continue;
    const bool is_above = point == "/" || path == point ||
                          path.native().starts_with(std::string(point) + "/");
    if (!is_above) continue;
    const std::string_view behind = line.substr(dash + 3);
    type = behind.substr(0, behind.find(' '));
    depth = point.size();
  }
  return type;
}

// What cgroups(7) calls version; "hybrid" is v1 with the tree of v2 beside it.
std::string cgroup_version() {
  struct statfs status {};
  if (::statfs("/sys/fs/cgroup", &status) != 0) return "none";
  if (status.f_type == CGROUP2_SUPER_MAGIC) return "v2";
  if (::statfs("/sys/fs/cgroup/unified", &status) == 0 &&
      status.f_type == CGROUP2_SUPER_MAGIC) {
    return "hybrid";
  }
  return ::access("/sys/fs/cgroup/memory", F_OK) == 0 ||
                 ::access("/sys/fs/cgroup/pids", F_OK) == 0
             ? "v1"
             : "none";
}

bool has_overlayfs() {
  return read_kernel("/proc/filesystems").find("\toverlay\n") !=
         std::string::npos;
}

// Root needs none to make one; Debian lets others be kept from it.
bool has_user_namespaces() {
  const std::string max = read_kernel("/proc/sys/user/max_user_namespaces");
  long long count = 0;
  std::from_chars(max.data(), max.data() + max.size(), count);
  const bool is_shut = ::geteuid() != 0 &&
                       read_kernel("/proc/sys/kernel/unprivileged_userns_clone")
                           .starts_with('0');
  return count > 0 && !is_shut;
}

std::uint64_t free_bytes(const std::filesystem::path& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return 0;
  return status.f_bavail * status.f_frsize;
}

std::uint64_t memory_bytes() {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return 0;
  return std::uint64_t{info.totalram} * info.mem_unit;
}

// Docker's names where it has the thing.
json collect(store::Store& store) {
  const store::StoreUsage usage = store::measure_usage(store);
  utsname kernel{};
  ::uname(&kernel);
  return {
      {"Version", STRAKE_VERSION},
      {"StoreRoot", store.root().native()},
      {"StoreBytes", usage.total_bytes()},
      {"FileSystem", file_system_of(store.root())},
      {"FreeBytes", free_bytes(store.root())},
      {"Images", usage.images.count},
      {"Layers", usage.layers},
      {"CacheRecords", usage.cache.count},
      {"Runtime", "native"},
      {"KernelVersion", kernel.release},
      {"Architecture", builder::host_platform().architecture},
      {"NCPU", ::sysconf(_SC_NPROCESSORS_ONLN)},
      {"MemTotal", memory_bytes()},
      {"Overlayfs", has_overlayfs()},
      {"UserNamespaces", has_user_namespaces()},
      {"CgroupVersion", cgroup_version()},
  };
}

std::string render_text(const json& info) {
  const auto line = [](std::string_view name, const std::string& value) {
    return fmt::format("{:<17}{}\n", fmt::format("{}:", name), value);
  };
  const auto text = [&](const char* field) {
    return info.at(field).is_string() ? info.at(field).get<std::string>()
                                      : info.at(field).dump();
  };
  const auto size = [&](const char* field) {
    return render_size(info.at(field).get<std::uint64_t>());
  };
  const auto yes = [&](const char* field) {
    return std::string(info.at(field).get<bool>() ? "yes" : "no");
  };
  return line("Version", text("Version")) + line("Store", text("StoreRoot")) +
         line("  Size", size("StoreBytes")) +
         line("  File system", fmt::format("{}, {} free", text("FileSystem"),
                                           size("FreeBytes"))) +
         line("  Images", text("Images")) + line("  Layers", text("Layers")) +
         line("  Cache records", text("CacheRecords")) +
         line("Runtime", text("Runtime")) +
         line("Kernel", text("KernelVersion")) +
         line("Architecture", text("Architecture")) +
         line("CPUs", text("NCPU")) + line("Memory", size("MemTotal")) +
         line("Overlayfs", yes("Overlayfs")) +
         line("User namespaces", yes("UserNamespaces")) +
         line("Cgroups", text("CgroupVersion"));
}

}  // namespace

int run_system_info(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> format;
  Options options("system info [flags]",
                  "Shows the store, and what this machine offers to builds.",
                  "strake system info --format '{{.StoreRoot}}'");
  options.value("--format", format, "json, or text with {{.Field}}");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  store::Store store(globals.store_root());
  const json info = collect(store);
  if (format) {
    print_formatted(*format, info);
  } else {
    std::cout << render_text(info);
  }
  return 0;
}

}  // namespace cli

#include "runtime/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <iterator>
#include <map>
#include <sstream>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

namespace runtime {
namespace {

namespace fs = std::filesystem;
using Version = CgroupHierarchy::Version;

constexpr std::string_view kPrefix = "strake-";
constexpr const char* kDelegationHint =
    "limits need root, or a cgroup that was delegated to us";

struct Setting {
  std::string file;
  std::string value;
  bool is_required = true;  // else left out where the kernel lacks the file
};

// What one controller is to be told, in either version's words.
struct ControllerSettings {
  std::string controller;
  std::vector<Setting> v1;
  std::vector<Setting> v2;
};

// Swap that was not asked for is as much again as the memory, docker's default,
// where the kernel counts swap at all.
ControllerSettings memory_settings(const Resources::Memory& memory) {
  const std::int64_t limit = *memory.limit;
  const std::int64_t both = memory.swap.value_or(2 * limit);
  return {"memory",
          {{"memory.limit_in_bytes", std::to_string(limit)},
           {"memory.memsw.limit_in_bytes", std::to_string(both),
            memory.swap.has_value()}},
          {{"memory.max", std::to_string(limit)},
           {"memory.swap.max", both < 0 ? "max" : std::to_string(both - limit),
            memory.swap.has_value()}}};
}

ControllerSettings cpu_settings(const Resources::Cpu& cpu) {
  return {"cpu",
          {{"cpu.cfs_period_us", std::to_string(cpu.period)},
           {"cpu.cfs_quota_us", std::to_string(*cpu.quota)}},
          {{"cpu.max", fmt::format("{} {}", *cpu.quota, cpu.period)}}};
}

std::vector<ControllerSettings> plan_settings(const Resources& limits) {
  std::vector<ControllerSettings> settings;
  if (limits.memory.limit) settings.push_back(memory_settings(limits.memory));
  if (limits.cpu.quota) settings.push_back(cpu_settings(limits.cpu));
  return settings;
}

// Whether the file is a list of words with this one among them.
bool lists(const fs::path& file, const std::string& word) {
  const auto found = base::find_file(file, O_RDONLY);
  if (!found) return false;
  std::istringstream words(base::read_all(*found));
  return std::find(std::istream_iterator<std::string>(words), {}, word) !=
         std::istream_iterator<std::string>();
}

const CgroupHierarchy& hierarchy_of(
    const std::string& controller,
    const std::vector<CgroupHierarchy>& hierarchies) {
  std::vector<std::string> places;
  for (const CgroupHierarchy& hierarchy : hierarchies) {
    const auto& own = hierarchy.controllers;
    if (hierarchy.version == Version::v2
            ? lists(hierarchy.mount_point / "cgroup.controllers", controller)
            : std::find(own.begin(), own.end(), controller) != own.end()) {
      return hierarchy;
    }
    places.push_back(hierarchy.mount_point.native());
  }
  throw base::Error(
      base::ErrorKind::unsupported,
      fmt::format("the limit cannot be set: cgroup controller \"{}\" is in "
                  "none of the mounted hierarchies ({})",
                  controller, fmt::join(places, ", ")));
}

// Returns 0 or an errno.
int write_file(const fs::path& file, const std::string& value) {
  const base::Fd opened(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!opened) return errno;
  return ::write(opened.get(), value.data(), value.size()) < 0 ? errno : 0;
}

// The cgroup whose children can have limits by these controllers.
fs::path find_unified_parent(const CgroupHierarchy& hierarchy,
                             const std::vector<std::string>& controllers) {
  for (fs::path at = hierarchy.own;; at = at.parent_path()) {
    const fs::path enabled = at / "cgroup.subtree_control";
    if (std::all_of(controllers.begin(), controllers.end(),
                    [&](const auto& name) { return lists(enabled, name); })) {
      return at;
    }
    if (at == hierarchy.mount_point) break;
  }
  // None has them yet. The kernel's root may hold processes and have children
  // with limits all the same; what only looks like it (a container's) may not.
  const std::string wish = fmt::format("+{}", fmt::join(controllers, " +"));
  const int error =
      write_file(hierarchy.mount_point / "cgroup.subtree_control", wish);
  if (error == 0) return hierarchy.mount_point;
  throw base::system_error(
      error,
      fmt::format("the limit cannot be set: enabling cgroup controller "
                  "\"{}\" in {}",
                  fmt::join(controllers, "\" and \""),
                  (hierarchy.mount_point / "cgroup.subtree_control").native()))
      .hint(error == EBUSY
                ? "that cgroup holds processes; run strake in one below it"
                : kDelegationHint);
}

bool lock(const base::Fd& directory) {
  return ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0;
}

// Those whose owner is dead. One that still holds processes stays: the kernel
// refuses.
void sweep(const fs::path& parent) {
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end;
       it.increment(error)) {
    if (!it->path().filename().native().starts_with(kPrefix)) continue;
    const auto directory = base::find_file(it->path(), O_RDONLY | O_DIRECTORY);
    if (directory && lock(*directory)) ::rmdir(it->path().c_str());
  }
}

}  // namespace

class Cgroup::Directory {
 public:
  Directory(Version version, const fs::path& parent,
            const std::string& controllers)
      : version_(version) {
    for (int number = 0;; ++number) {
      path_ = parent / fmt::format("{}{}-{}", kPrefix, ::getpid(), number);
      if (::mkdir(path_.c_str(), 0755) != 0) {
        if (errno == EEXIST) continue;
        throw base::system_error(
            errno, fmt::format("the limit cannot be set: making {} for cgroup "
                               "controller \"{}\"",
                               path_.native(), controllers))
            .hint(kDelegationHint);
      }
      // A sweeper may have been faster; then it is gone, or will be.
      auto made = base::find_file(path_, O_RDONLY | O_DIRECTORY);
      if (!made || !lock(*made) || ::access(path_.c_str(), F_OK) != 0) continue;
      file_ = std::move(*made);
      return;
    }
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  // The kernel may need a moment to see that its last process has ended.
  ~Directory() {
    for (int attempt = 0;
         ::rmdir(path_.c_str()) != 0 && errno == EBUSY && attempt < 100;
         ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  Version version() const noexcept { return version_; }
  const fs::path& path() const noexcept { return path_; }
  const base::Fd& file() const noexcept { return file_; }

  void set(const Setting& setting, const std::string& controller) const {
    const int error = write_file(path_ / setting.file, setting.value);
    if (error == 0 || (error == ENOENT && !setting.is_required)) return;
    throw base::system_error(
        error, fmt::format("the limit cannot be set: cgroup controller \"{}\", "
                           "writing {} to {}",
                           controller, setting.value,
                           (path_ / setting.file).native()));
  }

  // v1 only.
  const base::Fd& open_entrance() {
    entrance_ = base::open_file(path_ / "cgroup.procs", O_WRONLY);
    return entrance_;
  }

 private:
  Version version_;
  fs::path path_;
  base::Fd file_;
  base::Fd entrance_;
};

Cgroup::Cgroup(const Resources& limits,
               const std::vector<CgroupHierarchy>& hierarchies) {
  const std::vector<ControllerSettings> all = plan_settings(limits);
  std::map<const CgroupHierarchy*, std::vector<const ControllerSettings*>> uses;
  for (const ControllerSettings& settings : all) {
    uses[&hierarchy_of(settings.controller, hierarchies)].push_back(&settings);
  }
  for (const auto& [hierarchy, parts] : uses) {
    std::vector<std::string> names;
    for (const auto* part : parts) names.push_back(part->controller);
    const bool is_unified = hierarchy->version == Version::v2;
    const fs::path parent =
        is_unified ? find_unified_parent(*hierarchy, names) : hierarchy->own;
    sweep(parent);
    directories_.push_back(std::make_unique<Directory>(
        hierarchy->version, parent, fmt::format("{}", fmt::join(names, ","))));
    Directory& directory = *directories_.back();
    for (const auto* part : parts) {
      for (const Setting& setting : is_unified ? part->v2 : part->v1) {
        directory.set(setting, part->controller);
      }
      if (part->controller == "memory") memory_ = &directory;
    }
    if (is_unified) {
      unified_ = directory.file().get();
    } else {
      entrances_.push_back(directory.open_entrance().get());
    }
  }
}

Cgroup::~Cgroup() = default;

std::optional<std::uint64_t> Cgroup::find_peak_memory_bytes() const {
  if (memory_ == nullptr) return std::nullopt;
  const char* name = memory_->version() == Version::v1
                         ? "memory.max_usage_in_bytes"
                         : "memory.peak";
  const auto file = base::find_file(memory_->path() / name, O_RDONLY);
  if (!file) return std::nullopt;  // v2 before Linux 5.19
  const std::string text = base::read_all(*file);
  std::uint64_t bytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  return bytes;
}

std::uint64_t Cgroup::count_oom_kills() const {
  if (memory_ == nullptr) return 0;
  const char* name = memory_->version() == Version::v1 ? "memory.oom_control"
                                                       : "memory.events";
  const auto file = base::find_file(memory_->path() / name, O_RDONLY);
  if (!file) return 0;
  const std::string text = "\n" + base::read_all(*file);
  constexpr std::string_view kKey = "\noom_kill ";
  const std::size_t at = text.find(kKey);
  if (at == text.npos) return 0;
  std::uint64_t count = 0;
  std::from_chars(text.data() + at + kKey.size(), text.data() + text.size(),
                  count);
  return count;
}

}  // namespace runtime

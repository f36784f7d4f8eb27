#include "runtime/cgroup_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <sstream>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/file.h"

namespace runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "strake-";

bool lock(const base::Fd& directory) {
  return ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0;
}

// "strake-<pid>-<n>": not what a user or systemd calls a group of theirs.
bool is_our_name(std::string_view name) {
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  return std::count(name.begin(), name.end(), '-') == 1 &&
         name.find_first_not_of("-0123456789") == name.npos;
}

// A directory of that name may be another by now: its owner gone, a new one
// there.
bool is_at(const base::Fd& directory, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(directory.get(), &opened) == 0 &&
         ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino;
}

// The files of a control group go with its directory; the groups in it do not.
// Returns 0 or an errno.
int remove_tree(const fs::path& path) {
  if (::rmdir(path.c_str()) == 0) return 0;
  if (errno != EBUSY && errno != ENOTEMPTY) return errno;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) remove_tree(it->path());
  }
  return ::rmdir(path.c_str()) == 0 ? 0 : errno;
}

// In v1 no process may enter a group before it has processors and memory nodes.
void inherit_cpuset(const fs::path& made) {
  for (const char* name : {"cpuset.cpus", "cpuset.mems"}) {
    const auto from = base::find_file(made.parent_path() / name, O_RDONLY);
    if (from) write_cgroup_file(made / name, base::read_all(*from));
  }
}

bool has_v1_cpuset(const CgroupHierarchy& hierarchy) {
  const auto& names = hierarchy.controllers;
  return std::find(names.begin(), names.end(), "cpuset") != names.end();
}

// Another may have removed the group meanwhile; then its child cannot be made.
void enable(const fs::path& group,
            const std::vector<std::string>& controllers) {
  const fs::path file = group / "cgroup.subtree_control";
  const int error =
      write_cgroup_file(file, fmt::format("+{}", fmt::join(controllers, " +")));
  if (error == 0 || error == ENOENT) return;
  throw limit_error(
      error, fmt::format("enabling cgroup controller \"{}\" in {}",
                         fmt::join(controllers, "\" and \""), file.native()));
}

const char* find_hint(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
      return "limits need root, or a control group that was delegated: under "
             "systemd, systemd-run --user --scope -p Delegate=yes strake ...";
    case EROFS:
      return "control groups are read-only here, as in a container without "
             "privileges; build without limits, or limit that container";
    case EBUSY:
      return "a control group that holds processes cannot give limits to "
             "others; run strake in one below it";
    default:
      return nullptr;
  }
}

}  // namespace

base::Error limit_error(int error_number, std::string_view what) {
  base::Error error = base::system_error(
      error_number, fmt::format("the limit cannot be set: {}", what));
  if (const char* hint = find_hint(error_number)) error.hint(hint);
  return error;
}

int write_cgroup_file(const fs::path& file, const std::string& value) {
  const base::Fd opened(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!opened) return errno;
  return ::write(opened.get(), value.data(), value.size()) < 0 ? errno : 0;
}

std::vector<std::string> read_cgroup_words(const fs::path& file) {
  std::vector<std::string> words;
  const auto found = base::find_file(file, O_RDONLY);
  if (!found) return words;
  std::istringstream text(base::read_all(*found));
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

bool hands_down(const fs::path& group,
                const std::vector<std::string>& controllers) {
  if (controllers.empty()) return true;
  const std::vector<std::string> enabled =
      read_cgroup_words(group / "cgroup.subtree_control");
  return std::all_of(
      controllers.begin(), controllers.end(), [&](const auto& name) {
        return std::find(enabled.begin(), enabled.end(), name) != enabled.end();
      });
}

void sweep_cgroups(const fs::path& parent) {
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end;
       it.increment(error)) {
    if (!is_our_name(it->path().filename().native())) continue;
    // One that is another user's may be closed to us: theirs to sweep.
    const base::Fd directory(
        ::open(it->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory && lock(directory) && is_at(directory, it->path())) {
      remove_tree(it->path());
    }
  }
}

CgroupDirectory::CgroupDirectory(const CgroupHierarchy& hierarchy,
                                 const fs::path& parent,
                                 const std::vector<std::string>& controllers)
    : version_(hierarchy.version) {
  constexpr int kMaxNumber = 100'000;
  for (int number = 0;; ++number) {
    prepare(hierarchy, parent, controllers);
    path_ = parent / fmt::format("{}{}-{}", kPrefix, ::getpid(), number);
    if (::mkdir(path_.c_str(), 0755) != 0) {
      // Taken; or the parent went with another who had made it.
      const int error = errno;
      if ((error == EEXIST || error == ENOENT) && number < kMaxNumber) continue;
      remove_parents();
      throw limit_error(error, fmt::format("making {}", path_.native()));
    }
    // A sweeper may have been faster; then it is gone, or will be.
    auto made = base::find_file(path_, O_RDONLY | O_DIRECTORY);
    if (!made || !lock(*made) || !is_at(*made, path_)) continue;
    file_ = std::move(*made);
    break;
  }
  if (has_v1_cpuset(hierarchy)) inherit_cpuset(path_);
}

// The kernel has no group hand down what it was not handed itself, so this goes
// from the top to the bottom.
void CgroupDirectory::prepare(const CgroupHierarchy& hierarchy,
                              const fs::path& parent,
                              const std::vector<std::string>& controllers) {
  std::error_code error;
  const bool is_there =
      parent == hierarchy.mount_point || fs::exists(parent, error);
  const bool is_unified = version_ == CgroupHierarchy::Version::v2;
  if (is_there && (!is_unified || hands_down(parent, controllers))) return;
  if (parent != hierarchy.mount_point && parent.has_relative_path()) {
    prepare(hierarchy, parent.parent_path(), controllers);
  }
  if (!is_there && ::mkdir(parent.c_str(), 0755) == 0) {
    if (has_v1_cpuset(hierarchy)) inherit_cpuset(parent);
    made_parents_.push_back(parent);
  }
  if (is_unified) enable(parent, controllers);
}

// The kernel may need a moment to see that the last process has ended.
CgroupDirectory::~CgroupDirectory() {
  constexpr int kAttempts = 100;
  for (int attempt = 0; remove_tree(path_) == EBUSY && attempt < kAttempts;
       ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  remove_parents();
}

void CgroupDirectory::remove_parents() noexcept {
  for (auto it = made_parents_.rbegin(); it != made_parents_.rend(); ++it) {
    ::rmdir(it->c_str());
  }
}

int CgroupDirectory::write(const std::string& name,
                           const std::string& value) const {
  return write_cgroup_file(path_ / name, value);
}

std::optional<std::string> CgroupDirectory::read(
    const std::string& name) const {
  const auto file = base::find_file(path_ / name, O_RDONLY);
  if (!file) return std::nullopt;
  return base::read_all(*file);
}

}  // namespace runtime

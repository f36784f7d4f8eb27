#include "runtime/copy_changes.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <set>
#include <thread>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "runtime/merged_copy.h"

namespace runtime {
namespace {

namespace fs = std::filesystem;

void check(int result, const fs::path& path) {
  if (result != 0) throw base::system_error(errno, path.native());
}

std::string join(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

std::string read_xattrs(const fs::path& path) {
  std::string names(65536, '\0');
  const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
  std::string all;
  for (ssize_t at = 0; at < size;) {
    const std::string name(names.c_str() + at);
    at += static_cast<ssize_t>(name.size()) + 1;
    std::string value(65536, '\0');
    const ssize_t length =
        ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (length < 0) continue;
    all += name + '\0';
    all.append(value, 0, static_cast<std::size_t>(length)) += '\0';
  }
  return all;
}

FileState state_of(const fs::path& path) {
  FileState state;
  check(::lstat(path.c_str(), &state.status), path);
  if (S_ISDIR(state.status.st_mode)) state.xattrs = read_xattrs(path);
  return state;
}

std::vector<std::string> list_names(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

bool is_directory(const FileState& state) {
  return S_ISDIR(state.status.st_mode);
}

auto key_of(const timespec& time) {
  return std::tuple(time.tv_sec, time.tv_nsec);
}

bool is_same_inode(const FileState& a, const FileState& b) {
  return a.status.st_ino == b.status.st_ino &&
         (a.status.st_mode & S_IFMT) == (b.status.st_mode & S_IFMT);
}

// Of the same inode.
bool is_unchanged(const FileState& a, const FileState& b) {
  if (!is_directory(a)) {
    return key_of(a.status.st_ctim) == key_of(b.status.st_ctim);
  }
  return a.status.st_mode == b.status.st_mode &&
         a.status.st_uid == b.status.st_uid &&
         a.status.st_gid == b.status.st_gid &&
         key_of(a.status.st_mtim) == key_of(b.status.st_mtim) &&
         a.xattrs == b.xattrs;
}

class Mover {
 public:
  Mover(const fs::path& tree, const TreeState& before, const fs::path& upper,
        const char* opaque)
      : tree_(tree),
        upper_(upper),
        before_(before),
        after_(look_at_tree(tree)),
        opaque_(opaque) {}

  void run() {
    for (const auto& [path, state] : after_) look_at(path, state);
    for (const auto& [path, state] : before_) white_out(path);
    // Their times, which writing into them has changed; the deepest first.
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
      const struct stat& status = after_.at(*made).status;
      const std::array<timespec, 2> times = {status.st_atim, status.st_mtim};
      const fs::path path = upper_ / *made;
      check(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0), path);
    }
  }

 private:
  // Those above it were looked at before.
  void look_at(const std::string& path, const FileState& state) {
    const std::string parent = fs::path(path).parent_path();
    const bool is_below_hiding = hiding_.contains(parent);
    // Below a directory that hides what was there, all is new: an old file at
    // its old path too, when another rename brought it there.
    const auto old = is_below_hiding ? before_.end() : before_.find(path);
    const bool is_old =
        old != before_.end() && is_same_inode(old->second, state);
    if (is_old && is_unchanged(old->second, state)) return;
    if (is_directory(state)) {
      const bool hides = old != before_.end() && !is_old;
      if (hides || is_below_hiding) hiding_.insert(path);
      // The mark hides the layers below, not what an earlier run left here.
      if (hides) fs::remove_all(upper_ / path);
      make_directory(path);
      if (hides) {
        check(::lsetxattr((upper_ / path).c_str(), opaque_, "y", 1, 0), path);
      }
      return;
    }
    make_directory(parent);
    fs::remove_all(upper_ / path);
    check(::rename((tree_ / path).c_str(), (upper_ / path).c_str()), path);
  }

  // With those above it.
  void make_directory(const std::string& path) {
    if (made_.contains(path)) return;
    if (!path.empty()) {
      make_directory(fs::path(path).parent_path());
      take_place(path);
    }
    copy_attributes(tree_ / path, upper_ / path);
    made_.insert(path);
  }

  // Of what an earlier run left in `upper`: a directory stays; what hides one
  // of the layers below goes on doing so.
  void take_place(const std::string& path) const {
    const fs::path place = upper_ / path;
    const fs::file_status there = fs::symlink_status(place);
    if (fs::is_directory(there)) return;
    fs::remove_all(place);
    check(::mkdir(place.c_str(), 0700), path);
    if (!fs::exists(there)) return;
    check(::lsetxattr(place.c_str(), opaque_, "y", 1, 0), path);
  }

  // What is gone, by one mark for all that was below it.
  void white_out(const std::string& path) {
    if (after_.contains(path)) return;
    const std::string parent = fs::path(path).parent_path();
    const auto above = after_.find(parent);
    // Gone with what it was in, or hidden by what took that place.
    if (above == after_.end() || !is_directory(above->second) ||
        hiding_.contains(parent)) {
      return;
    }
    make_directory(parent);
    fs::remove_all(upper_ / path);
    check(::mknod((upper_ / path).c_str(), S_IFCHR, 0), path);
  }

  const fs::path& tree_;
  const fs::path& upper_;
  const TreeState& before_;
  const TreeState after_;
  const char* opaque_;
  std::set<std::string> made_;  // directories of `upper`
  // Directories that took the place of something, and all those below them.
  std::set<std::string> hiding_;
};

}  // namespace

TreeState look_at_tree(const fs::path& tree) {
  TreeState all;
  std::vector<std::string> left = {""};
  while (!left.empty()) {
    const std::string path = std::move(left.back());
    left.pop_back();
    const auto at = all.emplace(path, state_of(tree / path)).first;
    if (!is_directory(at->second)) continue;
    for (const std::string& name : list_names(tree / path)) {
      left.push_back(join(path, name));
    }
  }
  return all;
}

void wait_for_next_tick(const TreeState& state) {
  auto latest = key_of(timespec{});
  for (const auto& [path, file] : state) {
    latest = std::max(latest, key_of(file.status.st_ctim));
  }
  timespec now{};
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  } while (key_of(now) <= latest);
}

void move_changes(const fs::path& tree, const TreeState& before,
                  const fs::path& upper, const char* opaque) {
  Mover(tree, before, upper, opaque).run();
}

}  // namespace runtime

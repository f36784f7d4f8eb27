#include "runtime/fuse_marks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".wh.";
constexpr std::array<const char*, 3> kOpaque = {"trusted.overlay.opaque",
                                                "user.overlay.opaque",
                                                "user.fuseoverlayfs.opaque"};

void check(int result, const fs::path& path) {
  if (result != 0) throw base::system_error(errno, path.native());
}

bool is_marked(const fs::path& directory) {
  for (const char* name : kOpaque) {
    std::array<char, 2> value{};
    const ssize_t size =
        ::lgetxattr(directory.c_str(), name, value.data(), value.size());
    if (size == 1 && value[0] == 'y') return true;
  }
  return false;
}

class Translator {
 public:
  explicit Translator(const char* opaque) : opaque_(opaque) {}

  void enter(const fs::path& directory) {
    struct stat before {};
    check(::lstat(directory.c_str(), &before), directory);
    bool is_opaque = is_marked(directory);
    bool is_changed = false;
    std::vector<fs::path> directories;
    std::vector<fs::path> marks;
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.path().filename().native().starts_with(kMark)) {
        marks.push_back(entry.path());
      } else if (entry.is_directory() && !entry.is_symlink()) {
        directories.push_back(entry.path());
      }
    }
    for (const fs::path& mark : marks) {
      is_opaque |= mark.filename() == ".wh..wh..opq";
      is_changed |= take_away(mark);
    }
    for (const fs::path& below : directories) enter(below);
    if (is_opaque) mark(directory);
    if (!is_changed) return;
    const std::array<timespec, 2> times = {before.st_atim, before.st_mtim};
    check(::utimensat(AT_FDCWD, directory.c_str(), times.data(), 0), directory);
  }

 private:
  // Whether it was a mark: the name alone may be a step's own file, which
  // whoever reads the layer refuses.
  static bool take_away(const fs::path& path) {
    struct stat status {};
    check(::lstat(path.c_str(), &status), path);
    const std::string name = path.filename().native();
    const bool is_opaque = name == ".wh..wh..opq";
    const bool is_device = S_ISCHR(status.st_mode) && status.st_rdev == 0;
    if (!is_opaque && !is_device) return false;
    check(::unlink(path.c_str()), path);
    if (is_opaque || name == ".wh..opq") return true;
    const fs::path gone = path.parent_path() / name.substr(kMark.size());
    if (::mknod(gone.c_str(), S_IFCHR, 0) != 0 && errno != EEXIST) {
      throw base::system_error(errno, gone.native());
    }
    return true;
  }

  void mark(const fs::path& directory) const {
    for (const char* name : kOpaque) {
      if (std::string_view(name) != opaque_) {
        ::lremovexattr(directory.c_str(), name);
      }
    }
    check(::lsetxattr(directory.c_str(), opaque_, "y", 1, 0), directory);
  }

  const char* opaque_;
};

}  // namespace

void translate_fuse_marks(const fs::path& upper, const char* opaque) {
  Translator(opaque).enter(upper);
}

}  // namespace runtime

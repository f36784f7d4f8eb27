#include "builder/context_change.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "builder/context_walk.h"
#include "store/directory_stack.h"
#include "store/long_path.h"

namespace builder {
namespace {

using store::Entry;
using store::EntryType;

bool is_as_walked(const base::Fd& root, const std::string& path,
                  const Entry& directory) {
  try {
    const base::Fd file =
        store::open_long_path(root, path, O_PATH | O_NOFOLLOW);
    struct stat status {};
    return ::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode) &&
           (status.st_mode & 07777U) == directory.mode &&
           status.st_mtim.tv_sec == directory.mtime.seconds &&
           status.st_mtim.tv_nsec == directory.mtime.nanoseconds;
  } catch (const base::Error&) {
    return false;  // gone, or behind something else now
  }
}

// A walk begins below its root, of which it keeps nothing.
bool has_names(const base::Fd& root, const std::vector<Entry>& members) {
  std::vector<std::string> names = store::list_names(root);
  std::sort(names.begin(), names.end());
  std::vector<std::string> walked;
  for (const Entry& member : members) {
    if (member.path.find('/') == std::string::npos) {
      walked.push_back(member.path);
    }
  }
  return names == walked;
}

bool has_directories(const std::filesystem::path& context,
                     const SourceMatch& match) {
  const base::Fd root = base::open_file(context, O_RDONLY | O_DIRECTORY);
  if (match.path.empty()) {
    if (!has_names(root, match.members)) return false;
  } else if (!is_as_walked(root, match.path, match.entry)) {
    return false;
  }
  return std::all_of(
      match.members.begin(), match.members.end(), [&](const Entry& member) {
        return member.type != EntryType::directory ||
               is_as_walked(root, store::join_path(match.path, member.path),
                            member);
      });
}

// Which of a file's names comes first depends on where the walk begins.
EntryType kind_of(const Entry& entry) {
  return entry.type == EntryType::hardlink ? EntryType::regular : entry.type;
}

bool is_same(const Entry& left, const Entry& right) {
  if (left.path != right.path || kind_of(left) != kind_of(right) ||
      left.mode != right.mode) {
    return false;
  }
  return left.type != EntryType::symlink ||
         left.link_target == right.link_target;
}

}  // namespace

std::string find_shape_change(const std::filesystem::path& context,
                              const SourceMatch& match) {
  if (match.entry.type != EntryType::directory ||
      has_directories(context, match)) {
    return {};
  }
  ContextDirectory directory;
  directory.path = match.path.empty() ? context : context / match.path;
  directory.title = directory.path.native();
  std::error_code error;
  if (!std::filesystem::is_directory(directory.path, error)) return match.path;
  const std::vector<Entry> found =
      walk_context(directory, parser::IgnoreFile()).entries;
  const auto [was, is] =
      std::mismatch(match.members.begin(), match.members.end(), found.begin(),
                    found.end(), is_same);
  if (was == match.members.end() && is == found.end()) return {};
  const bool is_new =
      was == match.members.end() ||
      (is != found.end() && store::path_less(is->path, was->path));
  return store::join_path(match.path, is_new ? is->path : was->path);
}

}  // namespace builder

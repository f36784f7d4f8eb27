#include "store/parent_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace store {
namespace {

constexpr std::size_t kMostOpenParents = 64;

// How much of both paths is the same whole parts.
std::size_t shared_parts(std::string_view left, std::string_view right) {
  const std::size_t most = std::min(left.size(), right.size());
  std::size_t at = 0;
  while (at < most && left[at] == right[at]) ++at;
  const bool left_ends = at == left.size() || left[at] == '/';
  const bool right_ends = at == right.size() || right[at] == '/';
  if (left_ends && right_ends) return at;
  const std::size_t slash = at == 0 ? left.npos : left.substr(0, at).rfind('/');
  return slash == left.npos ? 0 : slash;
}

base::Error open_error(int error_number, std::string_view path) {
  if (error_number == ENOTDIR || error_number == ELOOP) {
    return base::Error(base::ErrorKind::invalid_input,
                       fmt::format("{} is not a directory, so nothing can be "
                                   "put into it",
                                   path));
  }
  if (error_number == ENOENT) {
    return base::Error(base::ErrorKind::not_found,
                       fmt::format("the directory {} does not exist", path));
  }
  return base::system_error(error_number, fmt::format("opening {}", path));
}

}  // namespace

ParentCache::ParentCache(base::Fd root) : root_(std::move(root)) {}

void ParentCache::shrink_to(std::size_t path_size) {
  while (!levels_.empty() && levels_.back().path_size > path_size) {
    levels_.pop_back();
  }
  path_.resize(levels_.empty() ? 0 : levels_.back().path_size);
}

const base::Fd& ParentCache::open(std::string_view path) {
  shrink_to(shared_parts(path_, path));
  while (path_.size() < path.size()) {
    const std::size_t start = path_.empty() ? 0 : path_.size() + 1;
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string name(path.substr(start, end - start));
    const base::Fd& at = levels_.empty() ? root_ : levels_.back().directory;
    base::Fd next(::openat(at.get(), name.c_str(),
                           O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) throw open_error(errno, path.substr(0, end));
    path_ = path.substr(0, end);
    levels_.push_back({end, std::move(next)});
    // The topmost are the cheapest to open again.
    if (levels_.size() > kMostOpenParents) levels_.erase(levels_.begin());
  }
  return levels_.empty() ? root_ : levels_.back().directory;
}

void ParentCache::forget(std::string_view path) {
  if (shared_parts(path_, path) == path.size()) {
    shrink_to(std::max<std::size_t>(path.size(), 1) - 1);
  }
}

}  // namespace store

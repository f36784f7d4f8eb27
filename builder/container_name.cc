#include "builder/container_name.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/file.h"

namespace builder {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

bool leads_to(const std::filesystem::path& path, const base::Fd& file) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(file.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

}  // namespace

bool is_container_name(std::string_view name) {
  return name.size() > 1 && is_alphanumeric(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
         });
}

ContainerName::ContainerName(const std::filesystem::path& store_root,
                             const std::string& name)
    : path_(store_root / "names" / name) {
  if (!is_container_name(name)) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("\"{}\" cannot be a name", name))
        .hint(
            "it begins with a letter or digit and goes on with more of "
            "them, \"_\", \".\" or \"-\"");
  }
  std::filesystem::create_directories(path_.parent_path());
  // An owner removes the file before it lets go of the lock, so one that was
  // opened before that is nobody's name any more.
  do {
    file_ = base::open_file(path_, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
      throw base::Error(
          base::ErrorKind::invalid_input,
          fmt::format("the name \"{}\" is taken by a running \"strake run\", "
                      "process {}",
                      name, base::read_all(file_, 64)))
          .hint("choose another name, or end that one");
    }
  } while (!leads_to(path_, file_));
  // A killed owner's number may be longer.
  if (::ftruncate(file_.get(), 0) != 0) {
    throw base::system_error(errno, fmt::format("writing {}", path_.native()));
  }
  base::write_all(file_, std::to_string(::getpid()));
}

ContainerName::~ContainerName() { ::unlink(path_.c_str()); }

}  // namespace builder

#include "runtime/fuse_overlay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace runtime {
namespace {

// ',' ends an option, ':' a directory.
std::string escape(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '\\' || c == ',' || c == ':') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string render_options(const std::vector<std::string>& lower,
                           const std::filesystem::path& upper,
                           const std::filesystem::path& work) {
  std::string options = fmt::format(
      "suid,upperdir={},workdir={},lowerdir=", escape(upper.native()),
      escape(work.native()));
  for (std::size_t i = 0; i < lower.size(); ++i) {
    options += (i == 0 ? "" : ":") + escape(lower[i]);
  }
  return options;
}

}  // namespace

FuseOverlay::FuseOverlay(const std::vector<std::string>& lower,
                         const std::filesystem::path& upper,
                         const std::filesystem::path& work,
                         std::string mount_point)
    : mount_point_(std::move(mount_point)) {
  const std::string program = find_program("fuse-overlayfs");
  if (program.empty()) {
    throw base::Error(base::ErrorKind::not_found,
                      "there is no program \"fuse-overlayfs\"")
        .hint("install the package fuse-overlayfs");
  }
  const base::Fd nothing = base::open_file("/dev/null", O_RDONLY);
  try {
    // It goes to the background when it is mounted.
    program_.emplace(
        TiedCommand{program,
                    {"-o", render_options(lower, upper, work), mount_point_},
                    nothing,
                    {}});
  } catch (base::Error& error) {
    error.hint(
        "it needs read and write access to /dev/fuse; --storage-driver=copy "
        "needs nothing");
    throw;
  }
}

FuseOverlay::~FuseOverlay() {
  if (program_) ::umount2(mount_point_.c_str(), MNT_DETACH);
}

void FuseOverlay::unmount() {
  if (::umount2(mount_point_.c_str(), 0) != 0) {
    throw base::system_error(errno, "unmounting " + mount_point_);
  }
  program_.reset();
}

}  // namespace runtime

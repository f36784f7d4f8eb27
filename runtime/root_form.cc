#include "runtime/root_form.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/id_map.h"
#include "runtime/tied_process.h"

namespace runtime {
namespace {

RootForm overlay_form() {
  return read_id_map().is_identity() ? RootForm::overlay
                                     : RootForm::overlay_userxattr;
}

// Makes an overlay that is mounted nowhere. Returns 0 or an errno.
int try_overlay(RootForm form, const std::filesystem::path& scratch) {
  for (const char* name : {"lower", "upper", "work"}) {
    if (::mkdir((scratch / name).c_str(), 0700) != 0) return errno;
  }
  const base::Fd context(::fsopen("overlay", FSOPEN_CLOEXEC));
  if (!context) return errno;
  const auto set = [&](const char* key, const char* name) {
    return ::fsconfig(context.get(), FSCONFIG_SET_STRING, key,
                      (scratch / name).c_str(), 0) == 0;
  };
  if (!set("lowerdir", "lower") || !set("upperdir", "upper") ||
      !set("workdir", "work")) {
    return errno;
  }
  if (form == RootForm::overlay_userxattr &&
      ::fsconfig(context.get(), FSCONFIG_SET_FLAG, "userxattr", nullptr, 0) !=
          0) {
    return errno;
  }
  return ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) ==
                 0
             ? 0
             : errno;
}

// Empty when it works.
std::string why_no_fuse() {
  if (find_program("fuse-overlayfs").empty()) {
    return "there is no program \"fuse-overlayfs\"";
  }
  if (::access("/dev/fuse", R_OK | W_OK) != 0) {
    return fmt::format("/dev/fuse: {}", std::strerror(errno));
  }
  return {};
}

void take_own_mounts() {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    throw base::system_error(errno, "making a mount namespace");
  }
}

base::Error does_not_work(std::string_view driver, std::string_view why) {
  return base::Error(base::ErrorKind::unsupported,
                     fmt::format("the storage driver {} does not work here: {}",
                                 driver, why))
      .hint("leave --storage-driver out, and the best that works is taken");
}

}  // namespace

StorageDriver parse_storage_driver(std::string_view name) {
  if (name == "overlay" || name == "overlay2") return StorageDriver::overlay;
  if (name == "fuse-overlayfs") return StorageDriver::fuse_overlayfs;
  if (name == "copy" || name == "vfs") return StorageDriver::copy;
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("unknown storage driver \"{}\"", name))
      .hint("it is one of overlay, fuse-overlayfs, copy");
}

RootForm choose_root_form(std::optional<StorageDriver> wanted,
                          const std::filesystem::path& scratch) {
  if (!wanted || *wanted == StorageDriver::overlay) {
    const RootForm form = overlay_form();
    const int error = try_overlay(form, scratch);
    if (error == 0) return form;
    if (wanted) throw does_not_work("overlay", std::strerror(error));
  }
  if (wanted == StorageDriver::copy) return RootForm::copy;
  const std::string why = why_no_fuse();
  if (why.empty()) {
    take_own_mounts();
    return RootForm::fuse_overlay;
  }
  if (wanted) throw does_not_work("fuse-overlayfs", why);
  return RootForm::copy;
}

std::string_view describe(RootForm form) {
  switch (form) {
    case RootForm::overlay:
      return "overlayfs";
    case RootForm::overlay_userxattr:
      return "overlayfs (userxattr)";
    case RootForm::fuse_overlay:
      return "fuse-overlayfs";
    case RootForm::copy:
      return "copies";
  }
  return {};
}

}  // namespace runtime

// The root: stubs, the overlay by the new mount API, and its place in our
// mount namespace.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/child.h"
#include "runtime/syscalls.h"

namespace runtime {
namespace {

// fsconfig(2) takes values of up to 255 bytes, and overlayfs reads '\' in some
// of them as an escape. Other directories are opened and named by their file.
constexpr std::size_t kMaxValue = 255;

bool is_directory_key(const std::string& key) noexcept {
  return key == "lowerdir+" || key == "upperdir" || key == "workdir";
}

bool needs_file(const Parameter& parameter) noexcept {
  return is_directory_key(parameter.key) &&
         (parameter.is_real || parameter.value.size() > kMaxValue ||
          parameter.value.find('\\') != std::string::npos);
}

// "/proc/self/fd/<file>" without the formatting functions, which may allocate.
void name_file(int file, std::array<char, 32>& name) noexcept {
  std::array<char, 12> digits;
  std::size_t count = 0;
  for (int rest = file; rest > 0 || count == 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  constexpr std::size_t kPrefix = sizeof "/proc/self/fd/" - 1;
  std::memcpy(name.data(), "/proc/self/fd/", kPrefix);
  for (std::size_t i = 0; i < count; ++i) {
    name[kPrefix + i] = digits[count - 1 - i];
  }
  name[kPrefix + count] = '\0';
}

int set_parameter(int context, const Parameter& parameter) noexcept {
  const char* key = parameter.key.c_str();
  if (parameter.is_flag) {
    return ::fsconfig(context, FSCONFIG_SET_FLAG, key, nullptr, 0);
  }
  if (!needs_file(parameter)) {
    return ::fsconfig(context, FSCONFIG_SET_STRING, key,
                      parameter.value.c_str(), 0);
  }
  const int directory =
      openat2(AT_FDCWD, parameter.value.c_str(), O_PATH | O_DIRECTORY,
              parameter.is_real ? RESOLVE_NO_SYMLINKS : 0U);
  if (directory < 0) return -1;
  std::array<char, 32> name;
  name_file(directory, name);
  const int result =
      ::fsconfig(context, FSCONFIG_SET_STRING, key, name.data(), 0);
  const int error = errno;
  ::close(directory);
  errno = error;
  return result;
}

// The kernel's own words ("e overlay: ...") for the last failure, if any.
[[noreturn]] void fail_with_log(int context, SetupStep step, std::size_t item,
                                const Reporter& report) noexcept {
  const int error = errno;
  std::array<char, 512> text;
  const ssize_t size = ::read(context, text.data(), text.size());
  report.fail(step, error, item,
              {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0});
}

void make_stubs(const OverlayPlan& plan, const Reporter& report) noexcept {
  for (std::size_t i = 0; i < plan.stubs.size(); ++i) {
    const StubPlan& stub = plan.stubs[i];
    const char* path = stub.path.c_str();
    const int result = stub.kind == PointKind::directory
                           ? ::mkdir(path, 0755)
                           : ::mknod(path, S_IFREG | 0644, 0);
    if (result != 0 && errno != EEXIST) {
      report.fail(SetupStep::make_stub, errno, i);
    }
  }
}

// True when the kernel does not know "lowerdir+".
bool lacks_single_lowers(const Parameter& parameter) noexcept {
  return errno == EINVAL && parameter.key == "lowerdir+";
}

int mount_legacy(const OverlayPlan& plan, const Reporter& report) noexcept {
  if (plan.legacy_options.empty()) {
    report.fail(SetupStep::overlay_too_long, E2BIG);
  }
  report.check(::mount("overlay", plan.mount_point.c_str(), "overlay", 0,
                       plan.legacy_options.c_str()),
               SetupStep::create_overlay);
  return report.check(
      ::open(plan.mount_point.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC),
      SetupStep::attach_root);
}

// What the parent has mounted or copied.
int show_assembled(const OverlayPlan& plan, const Reporter& report) noexcept {
  const int root = report.check(
      ::open_tree(AT_FDCWD, plan.assembled.c_str(),
                  OPEN_TREE_CLONE | static_cast<unsigned>(O_CLOEXEC)),
      SetupStep::attach_root);
  report.check(::move_mount(root, "", AT_FDCWD, plan.mount_point.c_str(),
                            MOVE_MOUNT_F_EMPTY_PATH),
               SetupStep::attach_root);
  return root;
}

}  // namespace

int make_filesystem(const char* type, const std::vector<Parameter>& parameters,
                    std::uint64_t attributes, SetupStep step, std::size_t item,
                    const Reporter& report) noexcept {
  const int context = report.check(::fsopen(type, FSOPEN_CLOEXEC), step, item);
  for (const Parameter& parameter : parameters) {
    if (set_parameter(context, parameter) != 0) {
      fail_with_log(context, step, item, report);
    }
  }
  if (::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    fail_with_log(context, step, item, report);
  }
  const int mount = report.check(
      ::fsmount(context, FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)),
      step, item);
  ::close(context);
  return mount;
}

int mount_root(const OverlayPlan& plan, const Reporter& report) noexcept {
  make_stubs(plan, report);
  if (!plan.assembled.empty()) return show_assembled(plan, report);
  const int context = report.check(::fsopen("overlay", FSOPEN_CLOEXEC),
                                   SetupStep::open_overlay);
  for (std::size_t i = 0; i < plan.parameters.size(); ++i) {
    if (set_parameter(context, plan.parameters[i]) == 0) continue;
    if (lacks_single_lowers(plan.parameters[i])) {
      return mount_legacy(plan, report);
    }
    fail_with_log(context, SetupStep::configure_overlay, i, report);
  }
  if (::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    fail_with_log(context, SetupStep::create_overlay, 0, report);
  }
  const int root = report.check(::fsmount(context, FSMOUNT_CLOEXEC, 0),
                                SetupStep::create_overlay);
  ::close(context);
  report.check(::move_mount(root, "", AT_FDCWD, plan.mount_point.c_str(),
                            MOVE_MOUNT_F_EMPTY_PATH),
               SetupStep::attach_root);
  return root;
}

}  // namespace runtime

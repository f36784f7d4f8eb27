#include "runtime/overlay_plan.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

namespace runtime {
namespace {

// OVL_MAX_STACK, less the stub layer.
constexpr std::size_t kMaxLower = 499;

// Without `volatile` the end of the mount syncs the whole upper file system.
// The others are features whose traces on disk no image layer can carry.
constexpr const char* kModes[] = {"metacopy", "index", "xino"};

// "off" may still follow what others left, which with userxattr anybody could
// have; the kernel then wants it said.
const char* redirect_mode(RootForm form) {
  return form == RootForm::overlay_userxattr ? "nofollow" : "off";
}

// mount(2)'s option string: ',' ends an option, ':' a lower directory.
std::string escape(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '\\' || c == ',' || c == ':') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string render_legacy_options(RootForm form,
                                  const std::vector<std::string>& lower,
                                  const std::string& upper,
                                  const std::string& work) {
  std::string options = "volatile";
  if (form == RootForm::overlay_userxattr) options += ",userxattr";
  options += fmt::format(",redirect_dir={}", redirect_mode(form));
  for (const char* mode : kModes) options += fmt::format(",{}=off", mode);
  options += fmt::format(",upperdir={},workdir={},lowerdir=", escape(upper),
                         escape(work));
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (i != 0) options += ':';
    options += escape(lower[i]);
  }
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return options.size() < page ? options : std::string();
}

// Whether `path` lies below `directory`, by its text.
bool lies_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

// A mount point that the root itself must have: not one within an earlier
// mount, nor one with ".." in its path, whose meaning depends on the image's
// links.
bool is_in_root(std::vector<MountPlan>::const_iterator mount,
                const std::vector<MountPlan>& mounts) {
  const std::string& path = mount->destination;
  return (path + '/').find("/../") == std::string::npos &&
         std::none_of(mounts.begin(), mount, [&](const MountPlan& earlier) {
           return lies_below(path, earlier.destination);
         });
}

bool has_path(const base::Fd& layer, const std::string& path) {
  try {
    const auto found = base::find_in_root(layer, path, O_PATH | O_NOFOLLOW);
    struct stat status {};
    return found && ::fstat(found->get(), &status) == 0 &&
           !(S_ISCHR(status.st_mode) && status.st_rdev == 0);
  } catch (const base::Error&) {
    return false;  // a circle of links and the like: for the child to judge
  }
}

// The mount points that no layer has, with their parents. The base has most:
// layers are asked from the bottom, one open at a time, until none is missing.
std::map<std::string, PointKind> stub_paths(
    const std::vector<MountPlan>& mounts,
    const std::vector<std::string>& lower) {
  std::vector<const MountPlan*> missing;
  for (auto mount = mounts.begin(); mount != mounts.end(); ++mount) {
    if (is_in_root(mount, mounts)) missing.push_back(&*mount);
  }
  for (auto layer = lower.rbegin(); layer != lower.rend(); ++layer) {
    if (missing.empty()) break;
    const base::Fd directory = base::open_file(*layer, O_PATH | O_DIRECTORY);
    std::erase_if(missing, [&](const MountPlan* mount) {
      return has_path(directory, mount->destination);
    });
  }
  std::map<std::string, PointKind> paths;
  for (const MountPlan* mount : missing) {
    const std::string& path = mount->destination;
    for (std::size_t at = path.find('/', 1); at != std::string::npos;
         at = path.find('/', at + 1)) {
      paths[path.substr(0, at)] = PointKind::directory;
    }
    paths.try_emplace(path, mount->point);
  }
  return paths;
}

}  // namespace

OverlayPlan plan_overlay(const Root& root,
                         const std::vector<MountPlan>& mounts) {
  if (root.lower.size() > kMaxLower) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("{} layers are more than the {} an overlay can stack",
                    root.lower.size(), kMaxLower));
  }
  const std::string scratch = std::filesystem::absolute(root.scratch).native();
  const std::string upper = std::filesystem::absolute(root.upper).native();
  const std::string work = std::filesystem::absolute(root.work).native();
  std::vector<std::string> lower;
  for (const std::filesystem::path& layer : root.lower) {
    lower.push_back(std::filesystem::absolute(layer).native());
  }

  OverlayPlan plan;
  plan.mount_point = scratch;
  const auto paths = stub_paths(mounts, lower);
  // An overlay must have a lower directory; for no layers the stubs serve.
  if (!paths.empty() || lower.empty()) {
    const std::string stubs = scratch + "/stubs";
    plan.stubs.push_back({stubs, PointKind::directory});
    for (const auto& [path, kind] : paths) {
      plan.stubs.push_back({stubs + path, kind});
    }
    lower.push_back(stubs);
  }

  if (root.form == RootForm::fuse_overlay || root.form == RootForm::copy) {
    plan.assembled = scratch + "/tree";
    plan.lower = std::move(lower);
    return plan;
  }

  plan.parameters.push_back({"source", "overlay", false});
  for (const std::string& layer : lower) {
    plan.parameters.push_back({"lowerdir+", layer, false});
  }
  plan.parameters.push_back({"upperdir", upper, false});
  plan.parameters.push_back({"workdir", work, false});
  plan.parameters.push_back({"volatile", {}, true});
  if (root.form == RootForm::overlay_userxattr) {
    plan.parameters.push_back({"userxattr", {}, true});
  }
  plan.parameters.push_back({"redirect_dir", redirect_mode(root.form), false});
  for (const char* mode : kModes)
    plan.parameters.push_back({mode, "off", false});
  plan.legacy_options = render_legacy_options(root.form, lower, upper, work);
  return plan;
}

}  // namespace runtime

#include "runtime/overlay_plan.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.h"

namespace runtime {
namespace {

// OVL_MAX_STACK, less the stub layer.
constexpr std::size_t kMaxLower = 499;

// Without `volatile` the end of the mount syncs the whole upper file system.
// The others are features whose traces on disk no image layer can carry.
constexpr const char* kModes[] = {"redirect_dir", "metacopy", "index", "xino"};

// mount(2)'s option string: ',' ends an option, ':' a lower directory.
std::string escape(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '\\' || c == ',' || c == ':') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string render_legacy_options(const std::vector<std::string>& lower,
                                  const std::string& upper,
                                  const std::string& work) {
  std::string options = "volatile";
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

// The mount points that the root itself must have, with their parents: those
// not within an earlier mount. A destination with ".." is left out: what it
// means depends on the image's links.
std::map<std::string, PointKind> stub_paths(
    const std::vector<MountPlan>& mounts) {
  std::map<std::string, PointKind> paths;
  for (auto mount = mounts.begin(); mount != mounts.end(); ++mount) {
    const std::string& path = mount->destination;
    if ((path + '/').find("/../") != std::string::npos) continue;
    if (std::any_of(mounts.begin(), mount, [&](const MountPlan& earlier) {
          return lies_below(path, earlier.destination);
        })) {
      continue;
    }
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
  const std::string stubs = scratch + "/stubs";

  OverlayPlan plan;
  plan.mount_point = scratch + "/root";
  plan.stubs.push_back({stubs, PointKind::directory});
  for (const auto& [path, kind] : stub_paths(mounts)) {
    plan.stubs.push_back({stubs + path, kind});
  }
  std::vector<std::string> lower;
  for (const std::filesystem::path& layer : root.lower) {
    lower.push_back(std::filesystem::absolute(layer).native());
  }
  lower.push_back(stubs);

  plan.parameters.push_back({"source", "overlay", false});
  for (const std::string& layer : lower) {
    plan.parameters.push_back({"lowerdir+", layer, false});
  }
  plan.parameters.push_back({"upperdir", upper, false});
  plan.parameters.push_back({"workdir", work, false});
  plan.parameters.push_back({"volatile", {}, true});
  for (const char* mode : kModes)
    plan.parameters.push_back({mode, "off", false});
  plan.legacy_options = render_legacy_options(lower, upper, work);
  return plan;
}

}  // namespace runtime

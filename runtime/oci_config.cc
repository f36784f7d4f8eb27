#include "runtime/oci_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "runtime/identity_plan.h"
#include "runtime/mount_plan.h"

namespace runtime {
namespace {

using Json = nlohmann::json;

constexpr const char* kVersion = "1.0.2";

const char* namespace_name(Namespace kind) {
  switch (kind) {
    case Namespace::mount:
      return "mount";
    case Namespace::pid:
      return "pid";
    case Namespace::ipc:
      return "ipc";
    case Namespace::uts:
      return "uts";
    case Namespace::network:
      return "network";
    case Namespace::cgroup:
      return "cgroup";
    case Namespace::user:
      return "user";
    case Namespace::time:
      return "time";
  }
  return "";
}

Json render_set(std::uint64_t bits) {
  Json names = Json::array();
  for (const std::string& name : capability_names(bits)) names.push_back(name);
  return names;
}

Json render_capabilities(const CapabilitySets& sets) {
  return {{"bounding", render_set(sets.bounding & held_capabilities())},
          {"effective", render_set(sets.effective)},
          {"permitted", render_set(sets.permitted)},
          {"inheritable", render_set(sets.inheritable)},
          {"ambient", render_set(sets.ambient)}};
}

Json render_process(const Process& process) {
  const IdentityPlan identity = plan_identity(process);
  Json json = {
      {"args", process.args},
      {"env", process.env},
      {"cwd", clean_path(process.cwd)},
      {"terminal", process.terminal},
      {"noNewPrivileges", process.no_new_privileges},
      {"user",
       {{"uid", process.user.uid},
        {"gid", process.user.gid},
        {"umask", process.user.umask},
        {"additionalGids", process.user.additional_gids}}},
      {"capabilities", render_capabilities(identity.capabilities)},
  };
  if (process.terminal && process.console_size.height != 0) {
    json["consoleSize"] = {{"height", process.console_size.height},
                           {"width", process.console_size.width}};
  }
  for (const Rlimit& limit : process.rlimits) {
    json["rlimits"].push_back(
        {{"type", limit.type}, {"soft", limit.soft}, {"hard", limit.hard}});
  }
  return json;
}

bool has(const std::vector<std::string>& options, std::string_view option) {
  return std::find(options.begin(), options.end(), option) != options.end();
}

Json render_mount(const Mount& mount) {
  if (mount.type == "file") {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("the OCI runtime specification has no mount "
                                  "of type \"file\", as wanted on {}",
                                  mount.destination));
  }
  std::vector<std::string> options = mount.options;
  std::erase(options, kRealSource);  // a word of ours
  if (mount.type == "bind") {
    const bool is_recursive = has(options, "rbind");
    if (!is_recursive && !has(options, "bind")) options.emplace_back("bind");
    if (is_recursive && has(options, "ro")) options.emplace_back("rro");
    options.emplace_back("rprivate");
  }
  return {{"destination", clean_path(mount.destination)},
          {"type", mount.type},
          {"source", mount.source.empty() ? mount.type : mount.source},
          {"options", options}};
}

Json render_device(const Device& device) {
  return {{"path", device.path},
          {"type", std::string(1, device.type)},
          {"major", device.major},
          {"minor", device.minor},
          {"fileMode", device.file_mode},
          {"uid", device.uid},
          {"gid", device.gid}};
}

Json render_linux(const Linux& linux) {
  Json json = {{"maskedPaths", linux.masked_paths},
               {"readonlyPaths", linux.readonly_paths},
               {"resources", render_oci_resources(linux)},
               {"namespaces", Json::array()},
               {"devices", Json::array()}};
  for (const Namespace kind : linux.namespaces) {
    json["namespaces"].push_back({{"type", namespace_name(kind)}});
  }
  if (!linux.network_path.empty()) {
    json["namespaces"].push_back(
        {{"type", "network"}, {"path", linux.network_path}});
  }
  if (!linux.resources.cgroup_parent.empty()) {
    json["cgroupsPath"] = linux.resources.cgroup_parent;
  }
  for (const Device& device : linux.devices) {
    json["devices"].push_back(render_device(device));
  }
  if (linux.seccomp) json["seccomp"] = render_oci_seccomp(*linux.seccomp);
  return json;
}

}  // namespace

std::string render_oci_config(const Spec& spec, const std::string& rootfs) {
  Json json = {{"ociVersion", kVersion},
               {"process", render_process(spec.process)},
               {"root", {{"path", rootfs}, {"readonly", spec.root_readonly}}},
               {"mounts", Json::array()},
               {"linux", render_linux(spec.linux)}};
  if (!spec.hostname.empty()) json["hostname"] = spec.hostname;
  for (const Mount& mount : spec.mounts) {
    if (can_be_mounted(mount)) json["mounts"].push_back(render_mount(mount));
  }
  try {
    return json.dump(2);
  } catch (const Json::type_error&) {
    throw base::Error(base::ErrorKind::invalid_input,
                      "the step has words that are not UTF-8, which an OCI "
                      "runtime's configuration cannot hold")
        .hint("use --runtime native, which takes any bytes");
  }
}

}  // namespace runtime

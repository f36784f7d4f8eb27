#include "runtime/oci_plan.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "runtime/cgroup_hierarchy.h"
#include "runtime/command_plan.h"
#include "runtime/namespace_mounts.h"
#include "runtime/oci_config.h"

namespace runtime {
namespace {

using Family = OciRuntime::Family;
using Words = std::vector<std::string>;

// The name of the container, and with runtimes that insist on one of its
// control group: those of cgroup.h begin like this, and are swept by name.
std::string make_name() {
  static std::atomic<unsigned> count = 0;
  return fmt::format("strake-{}-{}", ::getpid(), count++);
}

bool makes_cgroups(Family family) { return family == Family::other; }

Words global_flags(const OciRuntime& runtime) {
  Words words = {runtime.program.native()};
  switch (runtime.family) {
    case Family::runc:
      words.emplace_back("--rootless=true");  // lets failing cgroups pass
      break;
    case Family::crun:
      words.emplace_back("--cgroup-manager=disabled");
      break;
    case Family::gvisor:
      words.emplace_back("--ignore-cgroups");
      break;
    case Family::other:
      break;
  }
  for (const char* word :
       {"--root", "state", "--log", "log", "--log-format", "json"}) {
    words.emplace_back(word);
  }
  return words;
}

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Of our variables only those that say where programs and files of the user
// are: others change what a runtime does (NOTIFY_SOCKET, LISTEN_FDS).
Words runtime_env() {
  Words env;
  for (const char* name : {"PATH", "HOME", "XDG_RUNTIME_DIR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) env.push_back(fmt::format("{}={}", name, value));
  }
  return env;
}

bool is_file_option(const std::string& option) {
  return option.starts_with("mode=") || option.starts_with("uid=") ||
         option.starts_with("gid=");
}

bool is_prepared(const Mount& mount, const MountPlan& plan) {
  const bool is_in_dev = (plan.destination + '/').starts_with("/dev/");
  return mount.type == "file" || plan.type == "overlay" || plan.is_real ||
         (plan.type == "tmpfs" && !is_in_dev);
}

// The same mount, bound from where it was prepared.
Mount bind_from(const std::string& source, const Mount& mount) {
  Mount bind{mount.destination,
             "bind",
             source,
             {mount.type == "bind" ? "rbind" : "bind"}};
  for (const std::string& option : mount.options) {
    const bool is_attribute =
        mount.type == "file" ? !is_file_option(option) : option == "ro";
    if (is_attribute) bind.options.push_back(option);
  }
  return bind;
}

}  // namespace

OciPlan::OciPlan(const OciRuntime& runtime, const Spec& spec, const Root& root,
                 const std::vector<MountPlan>& mounts)
    : program(runtime.program.native()) {
  const std::string scratch = std::filesystem::absolute(root.scratch).native();
  rootfs = scratch + "/root";
  bundle = scratch + "/bundle";
  bundle_parameters = {{"source", "strake", false}, {"mode", "0700", false}};

  Spec changed = spec;
  changed.mounts.clear();
  for (const Mount& mount : fit_mounts(spec)) {
    if (!can_be_mounted(mount)) continue;
    const std::size_t number = changed.mounts.size();
    if (!is_prepared(mount, mounts.at(number))) {
      changed.mounts.push_back(mount);
      continue;
    }
    prepared.push_back(
        {number, fmt::format("{}-{}", mount.type == "file" ? "file" : "mount",
                             number)});
    changed.mounts.push_back(
        bind_from(bundle + "/" + prepared.back().name, mount));
  }
  changed.linux.resources = {};     // see the header
  changed.linux.network_path = {};  // the child is in it by then
  config = render_oci_config(changed, rootfs);

  const std::vector<CgroupHierarchy> hierarchies = find_cgroup_hierarchies();
  for (const CgroupHierarchy& hierarchy : hierarchies) {
    if (makes_cgroups(runtime.family)) break;
    const bool is_beside_others =
        hierarchy.version == CgroupHierarchy::Version::v2 &&
        hierarchies.size() > 1;
    (is_beside_others ? hidden_cgroups : readonly_cgroups)
        .push_back(hierarchy.mount_point.native());
  }

  const Words flags = global_flags(runtime);
  const std::string name = make_name();
  create_words_ = flags + Words{"create", "--bundle", ".", "--pid-file", "pid"};
  if (spec.process.terminal) {
    create_words_.insert(create_words_.end(), {"--console-socket", "console"});
  }
  create_words_.push_back(name);
  start_words_ = flags + Words{"start", name};
  if (makes_cgroups(runtime.family)) {
    destroy_words_ = flags + Words{"delete", "--force", name};
    destroy = exec_words(destroy_words_);
  }
  create = exec_words(create_words_);
  start = exec_words(start_words_);
  env_ = runtime_env();
  env = exec_words(env_);
}

}  // namespace runtime

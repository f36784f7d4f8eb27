#include "runtime/cgroup_source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "runtime/systemd_scope.h"

namespace runtime {
namespace {

// The kernel's number for the first one, which never changes (proc_ns.h,
// PROC_USER_INIT_INO). In another nobody can make device nodes, or open those
// of a file system that was mounted in it.
bool is_first_user_namespace() {
  constexpr ino_t kFirst = 0xEFFFFFFD;
  struct stat status {};
  return ::stat("/proc/self/ns/user", &status) != 0 || status.st_ino == kFirst;
}

bool has_user_namespace(const Spec& spec) {
  const auto& all = spec.linux.namespaces;
  return std::find(all.begin(), all.end(), Namespace::user) != all.end();
}

}  // namespace

std::vector<CgroupHierarchy> CgroupSource::find_hierarchies() {
  const auto known = hierarchies_.lock();
  if (!*known) {
    *known = find_cgroup_hierarchies();
    sweep_cgroups(**known);
  }
  return **known;
}

std::unique_ptr<Cgroup> CgroupSource::make(const Spec& spec) {
  return make_limited(spec.linux.resources);
}

std::unique_ptr<Cgroup> CgroupSource::make_limited(const Resources& resources) {
  try {
    return std::make_unique<Cgroup>(resources, find_hierarchies());
  } catch (base::Error& refusal) {
    if (refusal.kind() != base::ErrorKind::denied || !ask_systemd(refusal)) {
      throw;
    }
  }
  return std::make_unique<Cgroup>(resources, find_hierarchies());
}

// Of several threads that were refused, the first asks and the others wait; all
// try again.
bool CgroupSource::ask_systemd(base::Error& refusal) {
  const auto has_asked = has_asked_.lock();
  if (*has_asked) return true;
  if (!has_user_bus()) return false;
  try {
    enter_systemd_scope();
  } catch (const base::Error& error) {
    refusal.hint(fmt::format("{}; {}", error.message(), refusal.hint()));
    return false;
  }
  *has_asked = true;
  hierarchies_.lock()->reset();
  return true;
}

void CgroupSource::check(const Resources& resources) {
  if (!resources.is_limited()) return;
  Resources limits = resources;
  limits.devices.clear();
  make_limited(limits);
}

std::string CgroupSource::take_warning(const Spec& spec, const Cgroup& cgroup) {
  if (cgroup.device_fault().empty() || has_user_namespace(spec) ||
      !is_first_user_namespace()) {
    return {};
  }
  const auto has_warned = has_warned_.lock();
  if (*has_warned) return {};
  *has_warned = true;
  return fmt::format("RUN as root can open any device node that it makes: {}",
                     cgroup.device_fault());
}

}  // namespace runtime

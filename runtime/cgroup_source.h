// The control groups of an executor's runs: where they can be made is looked up
// once, what killed runs left is removed once, and what a machine does not give
// is asked of systemd (systemd_scope.h), refused or told.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/guarded.h"
#include "runtime/cgroup.h"
#include "runtime/spec.h"

namespace runtime {

// Threads: all members may be called at once.
class CgroupSource {
 public:
  // A group for one run. Throws: as Cgroup, only for a Spec with limits.
  std::unique_ptr<Cgroup> make(const Spec& spec);

  // Throws what make() would for these limits.
  void check(const Resources& resources);

  // What is to be told of the sandbox: that device rules do not hold. Told by
  // one call of many; where the kernel itself keeps devices away, since the
  // sandbox is in a user namespace, by none.
  std::string take_warning(const Spec& spec, const Cgroup& cgroup);

 private:
  std::vector<CgroupHierarchy> find_hierarchies();
  // Whether systemd has given us a group that we may use. Once, else false.
  bool ask_systemd(base::Error& refusal);
  std::unique_ptr<Cgroup> make_limited(const Resources& resources);

  base::Guarded<std::optional<std::vector<CgroupHierarchy>>> hierarchies_;
  base::Guarded<bool> has_warned_;
  base::Guarded<bool> has_asked_;
};

}  // namespace runtime

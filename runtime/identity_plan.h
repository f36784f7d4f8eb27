// Who the command is: user, groups, capabilities, limits.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/spec.h"

namespace runtime {

// One bit per capability, by its number.
struct CapabilitySets {
  std::uint64_t bounding = 0;
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
  std::uint64_t ambient = 0;
};

struct LimitPlan {
  std::string name;
  int resource = 0;
  rlimit limit{};
};

struct IdentityPlan {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  bool keeps_groups = false;  // our own, where the kernel lets us change none
  mode_t umask = 0022;
  CapabilitySets capabilities;
  std::vector<LimitPlan> limits;
  bool no_new_privileges = false;
};

// The names of all that the kernel has, "CAP_CHOWN" and so on, by number.
std::vector<std::string> all_capabilities();

// The names of those in a set of CapabilitySets.
std::vector<std::string> capability_names(std::uint64_t bits);

// The set of those that we hold ourselves. Throws: system.
std::uint64_t held_capabilities();

// Whether we have it ourselves, and so can give it. Throws: invalid_input for
// one that there is not; system.
bool holds_capability(std::string_view name);

// The number of a limit, as getrlimit(2) takes it: of "RLIMIT_CORE".
std::optional<int> find_limit(std::string_view name);

// Capabilities that we do not hold ourselves are left out, as they cannot be
// given; so are all but the ambient ones for a user who is not root, for whom
// execve(2) would drop them anyway.
// Where groups cannot be changed, the additional ones are left out.
// Throws: invalid_input for an unknown capability or limit; denied for a user
// or group that the user namespace we are in does not have.
IdentityPlan plan_identity(const Process& process);

}  // namespace runtime

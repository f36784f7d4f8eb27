#include "runtime/identity_plan.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/error.h"
#include "runtime/id_map.h"

namespace runtime {
namespace {

struct Named {
  std::string_view name;
  int number;
};

// capabilities(7), without the prefix CAP_.
constexpr std::array<std::string_view, 41> kCapabilityNames = {
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE"};

constexpr std::array kLimits = {
    Named{"RLIMIT_AS", RLIMIT_AS},
    Named{"RLIMIT_CORE", RLIMIT_CORE},
    Named{"RLIMIT_CPU", RLIMIT_CPU},
    Named{"RLIMIT_DATA", RLIMIT_DATA},
    Named{"RLIMIT_FSIZE", RLIMIT_FSIZE},
    Named{"RLIMIT_LOCKS", RLIMIT_LOCKS},
    Named{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    Named{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    Named{"RLIMIT_NICE", RLIMIT_NICE},
    Named{"RLIMIT_NOFILE", RLIMIT_NOFILE},
    Named{"RLIMIT_NPROC", RLIMIT_NPROC},
    Named{"RLIMIT_RSS", RLIMIT_RSS},
    Named{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    Named{"RLIMIT_RTTIME", RLIMIT_RTTIME},
    Named{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    Named{"RLIMIT_STACK", RLIMIT_STACK},
};

std::uint64_t capability_bit(std::string_view name) {
  constexpr std::string_view kPrefix = "CAP_";
  if (name.starts_with(kPrefix)) {
    const auto found =
        std::find(kCapabilityNames.begin(), kCapabilityNames.end(),
                  name.substr(kPrefix.size()));
    if (found != kCapabilityNames.end()) {
      return std::uint64_t{1} << (found - kCapabilityNames.begin());
    }
  }
  throw base::Error(base::ErrorKind::invalid_input,
                    fmt::format("unknown capability \"{}\"", name));
}

std::uint64_t capability_bits(const std::vector<std::string>& names) {
  std::uint64_t bits = 0;
  for (const std::string& name : names) bits |= capability_bit(name);
  return bits;
}

CapabilitySets plan_capabilities(const Process& process) {
  const Capabilities& wanted = process.capabilities;
  const std::uint64_t held = held_capabilities();
  CapabilitySets sets;
  sets.bounding = capability_bits(wanted.bounding);
  sets.effective = capability_bits(wanted.effective) & held;
  sets.permitted = capability_bits(wanted.permitted) & held;
  sets.inheritable = capability_bits(wanted.inheritable) & held;
  sets.ambient = capability_bits(wanted.ambient) & held;
  if (process.user.uid != 0) {
    sets.effective &= sets.ambient;
    sets.permitted &= sets.ambient;
  }
  return sets;
}

LimitPlan plan_limit(const Rlimit& limit) {
  const std::optional<int> number = find_limit(limit.type);
  if (!number) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("unknown limit \"{}\"", limit.type));
  }
  return {limit.type, *number, {limit.soft, limit.hard}};
}

void require_id(const IdRanges& ids, std::string_view kind, std::uint32_t id) {
  if (contains(ids, id)) return;
  throw base::Error(
      base::ErrorKind::denied,
      fmt::format("{} {} does not exist in the user namespace of this build",
                  kind, id))
      .hint(
          "let root grant more ids, then start with a new --root: usermod "
          "--add-subuids 100000-165535 --add-subgids 100000-165535 USER");
}

void fit_into_namespace(IdentityPlan& plan) {
  const IdMap ids = read_id_map();
  if (ids.is_identity()) return;
  require_id(ids.uids, "user", plan.uid);
  require_id(ids.gids, "group", plan.gid);
  plan.keeps_groups = !may_set_groups();
  if (plan.keeps_groups) return;
  for (const gid_t group : plan.groups) require_id(ids.gids, "group", group);
}

}  // namespace

std::uint64_t held_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) {
    throw base::system_error(errno, "reading our own capabilities");
  }
  return data[0].permitted | (std::uint64_t{data[1].permitted} << 32);
}

std::vector<std::string> capability_names(std::uint64_t bits) {
  std::vector<std::string> names;
  for (std::size_t number = 0; number < kCapabilityNames.size(); ++number) {
    if (((bits >> number) & 1) == 0) continue;
    names.push_back(fmt::format("CAP_{}", kCapabilityNames.at(number)));
  }
  return names;
}

std::vector<std::string> all_capabilities() {
  return capability_names(~std::uint64_t{0});
}

bool holds_capability(std::string_view name) {
  return (held_capabilities() & capability_bit(name)) != 0;
}

std::optional<int> find_limit(std::string_view name) {
  const auto* const found =
      std::find_if(kLimits.begin(), kLimits.end(),
                   [&](const Named& known) { return known.name == name; });
  if (found == kLimits.end()) return std::nullopt;
  return found->number;
}

IdentityPlan plan_identity(const Process& process) {
  IdentityPlan plan;
  plan.uid = process.user.uid;
  plan.gid = process.user.gid;
  plan.groups = process.user.additional_gids;
  plan.umask = process.user.umask;
  plan.capabilities = plan_capabilities(process);
  plan.no_new_privileges = process.no_new_privileges;
  for (const Rlimit& limit : process.rlimits) {
    plan.limits.push_back(plan_limit(limit));
  }
  fit_into_namespace(plan);
  return plan;
}

}  // namespace runtime

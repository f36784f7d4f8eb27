// What the command line says about every RUN step.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/resolv_conf.h"
#include "builder/system_files.h"
#include "runtime/spec.h"

namespace builder {

// What a step may do besides: --cap-add, --cap-drop, --security-opt.
struct SecuritySettings {
  // The set that bounds it, in the order of capabilities(7); none: docker's.
  std::optional<std::vector<std::string>> capabilities;
  // Empty: docker's filter of system calls; "unconfined": none; else the digest
  // of a profile, and what it says.
  std::string seccomp_name;
  std::shared_ptr<const runtime::Seccomp> seccomp;
  bool no_new_privileges = false;
  bool has_all_paths = false;  // nothing of /proc and /sys masked or read-only
};

// What a step's machine is like. Part of a step's key where it is not the
// default, since a step can see it; but for `limits`, which are about how it
// runs, not what it makes.
struct RunSettings {
  std::string hostname;                    // empty: the sandbox's own
  std::vector<ExtraHost> extra_hosts;      // --add-host
  DnsSettings dns;                         // --dns and its like
  std::optional<std::uint64_t> shm_bytes;  // --shm-size; none: 64 MiB
  std::vector<runtime::Rlimit> rlimits;    // --ulimit
  SecuritySettings security;
  runtime::Resources limits;  // --memory, --cpus and their kin
};

// What a Dockerfile may ask for beyond a sandbox: --allow. Never part of a key;
// a step that lacks consent is refused before any step starts.
struct Entitlements {
  bool host_network = false;
  bool insecure = false;
  bool all_devices = false;
  std::vector<std::string> devices;  // names, classes or "class=*"

  // Whether a device may be used, by the name that RUN --device writes.
  bool allows_device(std::string_view name) const;
};

// Applies the settings to a step's or container's machine.
void apply_settings(const RunSettings& settings, runtime::Spec& spec);

}  // namespace builder

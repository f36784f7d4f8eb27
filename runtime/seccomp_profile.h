// Docker's seccomp profiles: the JSON behind --security-opt seccomp=FILE, which
// podman and containerd read as well.
//
//   {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
//    "archMap": [{"architecture": "SCMP_ARCH_X86_64",
//                 "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}],
//    "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_ALLOW",
//                  "args": [{"index": 0, "op": "SCMP_CMP_MASKED_EQ",
//                            "value": 64, "valueTwo": 64}],
//                  "includes": {"caps": ["CAP_SYS_CHROOT"], "arches":
//                  ["amd64"],
//                               "minKernel": "4.8"},
//                  "excludes": {...}}]}
//
// "architectures" may stand in place of archMap, "name" in place of names, and
// podman's "errno": "EPERM" in place of errnoRet. Keys that nobody knows are
// passed over, as docker does.
//
// Rules of a profile are not tried in order: docker's runtimes hand them to
// libseccomp, where one without arguments decides about its calls whatever else
// is said of them, one that says what the default says anyway is dropped, and
// one that compares an argument twice holds when either comparison does. The
// Seccomp made here has the same effect in order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/spec.h"

namespace runtime {

// What the conditions of a profile are held against.
struct ProfileGround {
  std::vector<std::string> capabilities;  // of the bounding set
  unsigned kernel_major = 0;
  unsigned kernel_minor = 0;
};

// This machine's.
ProfileGround profile_ground(std::vector<std::string> capabilities);

// Nullopt for "{}": no filter at all.
// Throws: invalid_input, with the place in the text: line and column of what is
// no JSON, else the path of a value, "syscalls[3].action".
std::optional<Seccomp> parse_seccomp_profile(std::string_view text,
                                             const ProfileGround& ground);

}  // namespace runtime

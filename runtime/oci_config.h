// A Spec as the config.json of an OCI bundle: OCI runtime specification 1.0.2,
// config.md and config-linux.md. With a root file system beside it, any OCI
// runtime runs what the native executor runs.
//
// What the two of them say differently:
//   - a bind mount has "bind" or "rbind" among its options; a recursive one
//   that
//     is read-only also has "rro", as "ro" alone stops at what is mounted
//     below;
//   - control group file systems of a machine whose hierarchies are not one are
//     left out, as plan_mounts() does;
//   - capabilities that we do not hold are left out, as they cannot be given;
//   - a rule of the Seccomp that compares only part of an argument for being
//     unequal becomes several, each for one bit (oci_seccomp.cc).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "runtime/spec.h"

namespace runtime {

// `rootfs` is the root's directory, absolute or relative to the bundle's.
// Mounts of type "file", which the specification does not have, must have been
// replaced (oci_plan.h). Throws: invalid_input for a word of the process that
// is not UTF-8, which JSON cannot hold, and for what identity_plan.h refuses;
// unsupported for a mount of type "file".
std::string render_oci_config(const Spec& spec, const std::string& rootfs);

// config-linux.md "Control groups" and "Allowed Device list"
// (oci_resources.cc).
nlohmann::json render_oci_resources(const Linux& linux);

// config-linux.md "Seccomp" (oci_seccomp.cc).
nlohmann::json render_oci_seccomp(const Seccomp& seccomp);

}  // namespace runtime

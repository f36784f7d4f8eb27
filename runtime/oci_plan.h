// What the child needs to have an OCI runtime make the sandbox: a bundle, and
// the runtime's command lines.
//
// The bundle is a tmpfs that only the child's mount namespace has, so that
// nothing of it, a secret least of all, is on a disk or outlives the run:
//
//   config.json   the Spec, as oci_config.h has it
//   file-<n>      the Spec's mount n of type "file", bound from there
//   mount-<n>     its mount n, mounted there by us and bound: an overlay, since
//                 the runtimes' mount(2) takes one page of directories, and a
//                 tmpfs, as runc gives it the mode of its mount point. Those of
//                 /dev are left to the runtime, which fills only its own
//   state/        the runtime's own files
//   log, pid, console   what it says, whom it made, where it sends a terminal
//
// Control groups are ours (cgroup.h) with every executor, so that limits and
// what was used mean one thing, and a killed strake leaves what the next one
// knows how to remove. The runtime runs in that group and makes none: it is
// told so, and finds the hierarchies read-only. A version 2 hierarchy beside
// version 1 is hidden from it, as crun would refuse that mixture.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/mount_plan.h"
#include "runtime/spec.h"

namespace runtime {

struct OciRuntime {
  // Which global flags keep it from making control groups; other: none do.
  enum class Family { runc, crun, gvisor, other };

  std::filesystem::path program;
  Family family = Family::other;
};

struct OciPlan {
  // `mounts` are the Spec's as the sandbox's plan has them. Throws: as
  // render_oci_config(), and system when the hierarchies cannot be read.
  OciPlan(const OciRuntime& runtime, const Spec& spec, const Root& root,
          const std::vector<MountPlan>& mounts);
  OciPlan(const OciPlan&) = delete;
  OciPlan& operator=(const OciPlan&) = delete;

  // A mount that is made in the bundle.
  struct Prepared {
    std::size_t mount = 0;  // which of the plan's
    std::string name;
  };

  std::string program;
  std::string rootfs;  // absolute; where the root is to be mounted
  std::string bundle;  // absolute
  std::vector<Parameter> bundle_parameters;  // of its file system
  std::string config;
  std::vector<Prepared> prepared;
  std::vector<std::string> readonly_cgroups;
  std::vector<std::string> hidden_cgroups;

  // For execve(2); they point into the lists below. The working directory is
  // the bundle.
  std::vector<char*> create, start;
  std::vector<char*> destroy;  // empty: nothing is left to be removed
  std::vector<char*> env;

 private:
  std::vector<std::string> create_words_, start_words_, destroy_words_, env_;
};

}  // namespace runtime

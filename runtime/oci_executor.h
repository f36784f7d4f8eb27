// Runs steps by an OCI runtime: runc, crun or any other with their command line
// (runc(8): --root, --log, create, start).
//
// The root is mounted by strake, in a mount namespace that the runtime is
// started in; the Spec becomes its config.json. Nothing is left on the machine
// when strake is killed: see child_oci.cc. Control groups are strake's own, as
// with the native executor (oci_plan.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "runtime/cgroup_source.h"
#include "runtime/death_watch.h"
#include "runtime/executor.h"
#include "runtime/oci_plan.h"

namespace runtime {

class OciExecutor : public Executor {
 public:
  // `program` is absolute.
  explicit OciExecutor(std::filesystem::path program);

  void check_limits(const Resources& resources) override;
  // Throws besides: system, with the runtime's own words, for what it refuses;
  // unsupported when the program is not one.
  Outcome run(const Spec& spec, const Root& root, const Streams& streams,
              std::stop_token stop) override;

 private:
  OciRuntime ask(const std::stop_token& stop);

  std::filesystem::path program_;
  // Told by itself (--version), once it is needed.
  base::Guarded<std::optional<OciRuntime::Family>> family_;
  CgroupSource cgroups_;
  DeathWatch watch_;
};

// The program that a name or a path stands for: names are looked up in our
// PATH.
std::optional<std::filesystem::path> find_oci_runtime(const std::string& name);

// The names of the well-known ones that this machine has.
std::vector<std::string> list_oci_runtimes();

}  // namespace runtime

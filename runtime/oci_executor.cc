#include "runtime/oci_executor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "base/error.h"
#include "base/subprocess.h"
#include "runtime/sandbox_plan.h"
#include "runtime/sandbox_run.h"

namespace runtime {
namespace {

using Family = OciRuntime::Family;

constexpr const char* kKnown[] = {"runc", "crun", "youki", "runsc"};

bool is_program(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) &&
         ::access(path.c_str(), X_OK) == 0;
}

// The first line of --version: "runc version 1.1.5+ds1", "crun version 1.8.1",
// "runsc version release-...".
Family family_of(const std::string& version) {
  if (version.starts_with("runc ")) return Family::runc;
  if (version.starts_with("crun ")) return Family::crun;
  if (version.starts_with("runsc ")) return Family::gvisor;
  return Family::other;
}

}  // namespace

OciExecutor::OciExecutor(std::filesystem::path program)
    : program_(std::move(program)) {}

OciRuntime OciExecutor::ask(const std::stop_token& stop) {
  const auto family = family_.lock();
  if (*family) return {program_, **family};
  base::Command command;
  command.args = {program_.native(), "--version"};
  const base::CommandResult answer = base::run_command(command, stop);
  if (!answer.succeeded()) {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("{} is no OCI runtime: it does not answer "
                                  "--version",
                                  program_.native()))
        .hint("--runtime takes native, runc, crun or the path of another one");
  }
  *family = family_of(answer.output);
  return {program_, **family};
}

void OciExecutor::check_limits(const Resources& resources) {
  cgroups_.check(resources);
}

Outcome OciExecutor::run(const Spec& spec, const Root& root,
                         const Streams& streams, std::stop_token stop) {
  throw_if_stopped(stop);  // before anything is looked at
  SandboxPlan plan(spec, root);
  plan.delegate(ask(stop), spec, root);
  const std::unique_ptr<Cgroup> cgroup = cgroups_.make(spec);
  Outcome outcome =
      run_sandbox(plan, spec, root, {*cgroup, watch_}, streams, stop);
  outcome.warning = cgroups_.take_warning(spec, *cgroup);
  return outcome;
}

std::optional<std::filesystem::path> find_oci_runtime(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (!is_program(name)) return std::nullopt;
    return std::filesystem::absolute(name);
  }
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::filesystem::path program =
        std::filesystem::absolute(directory) / name;
    if (is_program(program)) return program;
  }
  return std::nullopt;
}

std::vector<std::string> list_oci_runtimes() {
  std::vector<std::string> found;
  for (const char* name : kKnown) {
    if (find_oci_runtime(name)) found.emplace_back(name);
  }
  return found;
}

}  // namespace runtime

#include "runtime/native_executor.h"

#include "runtime/sandbox_plan.h"
#include "runtime/sandbox_run.h"

namespace runtime {

std::shared_ptr<const SeccompProgram> NativeExecutor::compile(
    const Seccomp& rules) {
  const auto filters = filters_.lock();
  for (const CompiledFilter& filter : *filters) {
    if (filter.rules == rules) return filter.program;
  }
  auto program = std::make_shared<const SeccompProgram>(compile_seccomp(rules));
  filters->push_back({rules, program});
  return program;
}

void NativeExecutor::check_limits(const Resources& resources) {
  cgroups_.check(resources);
}

Outcome NativeExecutor::run(const Spec& spec, const Root& root,
                            const Streams& streams, std::stop_token stop) {
  throw_if_stopped(stop);  // before anything is looked at
  SandboxPlan plan(spec, root);
  std::shared_ptr<const SeccompProgram> filter;
  if (spec.linux.seccomp) {
    filter = compile(*spec.linux.seccomp);
    plan.system_call_filter = *filter;
  }
  const std::unique_ptr<Cgroup> cgroup = cgroups_.make(spec);
  if (!cgroup->is_empty()) plan.enter_cgroup_first();
  Outcome outcome =
      run_sandbox(plan, spec, root, {*cgroup, watch_}, streams, stop);
  outcome.warning = cgroups_.take_warning(spec, *cgroup);
  return outcome;
}

}  // namespace runtime

// A RUN that failed, as it was when its command ended: the files it left,
// environment, user, directory, mounts; not its limits. For looking around in:
// strake build --on-failure, strake debug.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "builder/container.h"
#include "builder/credential_mount.h"
#include "builder/operation.h"
#include "builder/resolv_conf.h"
#include "builder/system_files.h"
#include "runtime/executor.h"
#include "store/lease.h"

namespace builder {

// What a step's command runs in.
struct StepSandbox {
  // Without its credentials, proxies, limits and network.
  runtime::Spec spec;
  runtime::Root root;
  NetworkMode network = NetworkMode::standard;
  DnsSettings dns;
  std::vector<ExtraHost> extra_hosts;
  std::vector<std::string> proxy_env;  // of the build; may hold passwords
  std::vector<CredentialMount> credentials;
  // Held: of its cache mounts.
  std::map<std::filesystem::path, base::Fd> locks;
  std::map<std::filesystem::path, base::Fd> shared_locks;
};

class FailedStep {
 public:
  // `title` names the step for people: "[build 2/5] RUN make". `lease` holds
  // the directories of the sandbox.
  FailedStep(std::string title, StepSandbox sandbox, store::Lease lease);

  const std::string& title() const noexcept { return title_; }
  const StepSandbox& sandbox() const noexcept { return sandbox_; }
  const store::Lease& lease() const noexcept { return lease_; }
  // It may be visited by a process that makes roots in another way than the one
  // that kept it.
  void set_root_form(runtime::RootForm form) { sandbox_.root.form = form; }
  // For who takes it elsewhere.
  StepSandbox release() { return std::move(sandbox_); }

  struct Visit {
    std::vector<std::string> command;  // empty: a shell
    std::optional<ContainerTerminal> terminal;
    const base::Fd* signals = nullptr;  // as runtime::Streams has it
    // Told, on another thread, why there is no network but the loopback.
    std::function<void(std::string_view)> warn = {};
  };
  // Runs a command there, on our own streams, with the step's credentials as
  // far as they are given. What it changes is there the next time. The shell is
  // the image's bash or sh, or, where it has none that starts, a static busybox
  // of this machine, whose programs then stand behind all others in PATH. It is
  // lent: nothing of it is in a layer.
  // Throws: as runtime::Executor::run; not_found when there is no shell and no
  // busybox to lend.
  runtime::Outcome enter(runtime::Executor& executor,
                         const Credentials& credentials, const Visit& visit);

 private:
  runtime::Outcome run_shell(runtime::Executor& executor, runtime::Spec& spec,
                             const runtime::Streams& streams) const;
  void lend_shell(runtime::Spec& spec) const;

  std::string title_;
  StepSandbox sandbox_;
  store::Lease lease_;
};

}  // namespace builder

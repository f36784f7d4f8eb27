// The networks of the RUN steps of a build, or of one container: which kind a
// mode means, and what a sandbox is told of it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "builder/operation.h"
#include "builder/resolv_conf.h"
#include "runtime/network_pool.h"
#include "runtime/spec.h"

namespace builder {

// What a sandbox finds in /etc about its network.
struct NetworkFiles {
  std::string resolv_conf;
  // What "host-gateway" means; nullopt: a network of its own that does not
  // reach this machine, which is told who asks for the name. With
  // NetworkMode::none it is the sandbox's own loopback, where nobody answers:
  // a name for all steps is no reason to refuse the one that has no network.
  std::optional<std::string> host_address;
};

class StepNetworks {
 public:
  // `count` is how many steps may ask for a network of their own; `warn` is
  // told, on another thread, why those will have no way out.
  StepNetworks(std::size_t count, std::function<void(std::string_view)> warn);
  StepNetworks(const StepNetworks&) = delete;
  StepNetworks& operator=(const StepNetworks&) = delete;
  // What open() gave must be gone.
  ~StepNetworks();

  // One step's; it ends with this object.
  struct Opened {
    std::unique_ptr<runtime::StepNetwork> network;  // null: none was made
    NetworkFiles files;
  };
  // Puts the step into a network of this kind. Throws: cancelled, system,
  // denied.
  // Threads: may be called at once.
  Opened open(NetworkMode mode, const DnsSettings& dns, runtime::Spec& spec,
              const std::stop_token& stop);

 private:
  // Made for the first who asks; `dns` is the same for all.
  runtime::NetworkPool& pool(const DnsSettings& dns);

  const std::size_t count_;
  const std::function<void(std::string_view)> warn_;
  std::once_flag is_made_;
  ResolvConf resolv_conf_;  // of who has a way out
  std::optional<runtime::NetworkPool> pool_;
};

}  // namespace builder

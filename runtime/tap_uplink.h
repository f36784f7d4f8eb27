// The way out without root: a program that stands for the world on a tap
// interface in the step's namespace, and makes each connection anew with
// sockets of its own in the host's network. pasta (package passt), else
// slirp4netns; the step sees the same of both:
//
//   step: eth0 10.231.0.2/24, gateway 10.231.0.1
//
// The addresses exist nowhere else, so any number of builds may use the same.
// Both are told to keep away from the host's loopback.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/uplink.h"

namespace runtime {

class TapUplink : public Uplink {
 public:
  // Throws: unsupported when neither program or no /dev/net/tun is there.
  explicit TapUplink(const std::vector<Subnet>& avoided);

  // The connection's program dies with the calling thread, if not before.
  std::unique_ptr<Connection> connect(NetworkNamespace& network) override;

  // An address of the host's own: what is sent there is the host's to take.
  std::optional<std::string> host_address() const override;

 private:
  struct Program {
    enum class Kind { pasta, slirp };
    Kind kind;
    std::string path;
  };
  std::unique_ptr<Connection> start(const Program& program,
                                    const base::Fd& network) const;

  std::vector<Program> programs_;  // the best first
  Subnet subnet_;
};

}  // namespace runtime

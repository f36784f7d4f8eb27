// A way out for network namespaces, whoever makes it: the kernel's address
// translation as root (nat_uplink.h), a program otherwise (tap_uplink.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/network_namespace.h"
#include "runtime/subnet.h"

namespace runtime {

class Uplink {
 public:
  // One namespace's; it ends with this object. May be dropped by any thread,
  // before its uplink is.
  class Connection {
   public:
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection() = default;
  };

  Uplink() = default;
  Uplink(const Uplink&) = delete;
  Uplink& operator=(const Uplink&) = delete;
  virtual ~Uplink() = default;

  // Gives the namespace an interface eth0, an address and a default route.
  // Throws: system, denied, unsupported.
  virtual std::unique_ptr<Connection> connect(NetworkNamespace& network) = 0;

  // At which a step reaches this machine; nullopt: it cannot.
  virtual std::optional<std::string> host_address() const = 0;
};

// The name that docker gives the interface.
inline constexpr const char* kStepInterface = "eth0";

// The best way out that we may make; steps' addresses overlap none of `avoided`
// and no route of the host. Only the thread that calls this may use and drop
// it. Throws: unsupported, denied, system: the text says what is missing, the
// hint what helps.
std::unique_ptr<Uplink> open_uplink(const std::vector<Subnet>& avoided);

}  // namespace runtime

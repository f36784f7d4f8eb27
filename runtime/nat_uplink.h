// The way out for root: a pair of interfaces for each namespace, and the host
// as their router, which puts its own address in the place of theirs.
//
//   step: eth0 10.231.0.2/24 --- strake0v2 10.231.0.1, 10.231.0.2/32 :host
//   step: eth0 10.231.0.3/24 --- strake0v3 10.231.0.1, 10.231.0.3/32 :host
//
// Steps see what docker gives them, a gateway in a network of theirs. A bridge
// is left out on purpose. All that would need one is steps that talk to each
// other, which they should not; and without it everything a build has on the
// host dies in the kernel's hands when the build is killed: the interfaces with
// the namespaces, the rules with the socket that owns them (firewall.h). What
// is left, two rules in docker's chain and a switch, the next build finds in
// network_directory.h and puts back.
//
// Where we had to switch forwarding on, what is none of ours is not forwarded,
// and the last build switches it off. Not so once somebody has come with chains
// for what is forwarded, as docker and libvirt do when they start: they have
// found it switched on and count on that.
#pragma once

#include <bitset>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "runtime/firewall.h"
#include "runtime/netlink.h"
#include "runtime/network_directory.h"
#include "runtime/uplink.h"

namespace runtime {

class NatUplink : public Uplink {
 public:
  // Throws: denied, system, unsupported; nothing is left behind then.
  explicit NatUplink(const std::vector<Subnet>& avoided);
  // Removes the interfaces of all namespaces at once: that takes the kernel
  // about 20 ms, for one as for many.
  ~NatUplink() override;

  std::unique_ptr<Connection> connect(NetworkNamespace& network) override;
  std::optional<std::string> host_address() const override;

 private:
  class Link;
  using HostNumbers = std::bitset<256>;

  void clean_up_after(const NetworkDirectory& directory,
                      const NetworkSlot& slot);
  void let_through(NetworkDirectory& directory);
  void make_way_for_others();
  void put_forwarding_back(const NetworkDirectory& directory);
  std::uint32_t take_host_number();

  Netlink netlink_;
  Firewall firewall_;
  NetworkSlot slot_;
  // Who forwarded before us; nullopt: nobody is kept out.
  std::optional<std::string> forwarded_before_;
  unsigned mtu_ = 1500;
  base::Guarded<HostNumbers> used_;  // of the subnet
};

// Whether interfaces of the host's network may be made by us.
bool may_change_network();

}  // namespace runtime

// Interfaces, addresses and routes of one network namespace: rtnetlink(7).
//
// The namespace is the one of the thread that makes the object; afterwards any
// thread may use it, one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "runtime/subnet.h"

struct nl_sock;

namespace runtime {

// A route of the main or any other table. 0.0.0.0/0 is a default route.
struct Route {
  Subnet destination;
  std::vector<int> links;  // numbers of the interfaces it goes through
};

class Netlink {
 public:
  // Throws: unsupported without libnl-route, system.
  Netlink();

  // A pair of connected interfaces, ours up and of `group`, the other one in
  // the namespace `peer_namespace`.
  struct VethPair {
    std::string name;
    std::string peer_name;
    const base::Fd& peer_namespace;
    std::uint32_t group = 0;
    unsigned mtu = 1500;  // bytes
  };
  // What stands in the way with that name is removed. Throws: system, denied.
  void add_veth(const VethPair& pair);

  // All of these throw: system, denied; the text names the interface.
  void bring_up(const std::string& link);
  // Gives the interface an address in a subnet.
  void add_address(const std::string& link, std::uint32_t address,
                   unsigned prefix);
  // The same on a wire that has just one other end, to which a route is made.
  void add_point_to_point(const std::string& link, std::uint32_t address,
                          std::uint32_t other_end);
  void add_default_route(std::uint32_t gateway, const std::string& link);
  // Removes all interfaces of the group, if there are any, at once.
  void delete_group(std::uint32_t group);

  std::vector<Route> routes();
  // Of the interface with this number, in bytes; 0 when there is none.
  unsigned mtu_of(int link);

 private:
  int index_of(const std::string& link);
  void delete_link(const std::string& link);

  std::unique_ptr<nl_sock, void (*)(nl_sock*)> socket_;
};

}  // namespace runtime

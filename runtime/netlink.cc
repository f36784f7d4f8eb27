#include "runtime/netlink.h"

#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>

#include "base/error.h"
#include "runtime/netlink_library.h"

namespace runtime {
namespace {

const NetlinkLibrary& nl() { return NetlinkLibrary::get(); }

// The library has numbers of its own, and folds the kernel's into them.
void check(int result, const std::string& what) {
  if (result >= 0) return;
  const bool is_denied = result == -NLE_PERM || result == -NLE_NOACCESS;
  throw base::Error(
      is_denied ? base::ErrorKind::denied : base::ErrorKind::system,
      fmt::format("network: {}: {}", what, nl().error_text(result)));
}

template <typename T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

template <typename T>
Owned<T> own(T* object, void (*release)(T*)) {
  if (object == nullptr) {
    throw base::Error(base::ErrorKind::system, "network: out of memory");
  }
  return {object, release};
}

Owned<nl_addr> make_address(std::uint32_t address, unsigned prefix) {
  const std::uint32_t bytes = htonl(address);
  auto made =
      own(nl().addr_build(AF_INET, &bytes, sizeof bytes), nl().addr_put);
  nl().addr_set_prefix(made.get(), static_cast<int>(prefix));
  return made;
}

Owned<rtnl_addr> make_interface_address(int link, std::uint32_t address,
                                        unsigned prefix) {
  auto made = own(nl().address_alloc(), nl().address_put);
  nl().address_set_link(made.get(), link);
  nl().address_set_local(made.get(), make_address(address, prefix).get());
  return made;
}

Owned<rtnl_link> find_link(nl_sock* socket, const std::string& name) {
  rtnl_link* found = nullptr;
  check(nl().link_get(socket, 0, name.c_str(), &found),
        fmt::format("finding the interface {}", name));
  return own(found, nl().link_put);
}

nl_sock* open_socket() {
  nl_sock* socket = nl().socket_alloc();
  if (socket != nullptr) {
    const int result = nl().connect(socket, NETLINK_ROUTE);
    if (result >= 0) return socket;
    nl().socket_free(socket);
    check(result, "opening a netlink socket");
  }
  throw base::Error(base::ErrorKind::system, "network: out of memory");
}

Route read_route(rtnl_route* entry) {
  Route route;
  const nl_addr* to = nl().route_destination(entry);
  const auto* bytes = static_cast<const std::uint8_t*>(nl().addr_bytes(to));
  route.destination.prefix = static_cast<unsigned>(nl().addr_prefix(to));
  if (route.destination.prefix > 0) {
    for (int i = 0; i < 4; ++i) {
      route.destination.address = route.destination.address << 8U | bytes[i];
    }
  }
  for (int i = 0; i < nl().route_hop_count(entry); ++i) {
    route.links.push_back(nl().hop_link(nl().route_hop(entry, i)));
  }
  return route;
}

}  // namespace

Netlink::Netlink() : socket_(open_socket(), nl().socket_free) {}

void Netlink::add_veth(const VethPair& pair) {
  const auto link = own(nl().veth_alloc(), nl().veth_release);
  nl().link_set_name(link.get(), pair.name.c_str());
  nl().link_set_group(link.get(), pair.group);
  nl().link_set_mtu(link.get(), pair.mtu);
  nl().link_set_flags(link.get(), IFF_UP);
  rtnl_link* peer = nl().veth_peer(link.get());
  nl().link_set_name(peer, pair.peer_name.c_str());
  nl().link_set_mtu(peer, pair.mtu);
  nl().link_set_namespace(peer, pair.peer_namespace.get());
  int result =
      nl().link_add(socket_.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (result == -NLE_EXIST) {
    delete_link(pair.name);
    result =
        nl().link_add(socket_.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL);
  }
  nl().link_put(peer);  // veth_peer() took a reference
  check(result, fmt::format("making the interfaces {} and {}", pair.name,
                            pair.peer_name));
}

int Netlink::index_of(const std::string& link) {
  return nl().link_index(find_link(socket_.get(), link).get());
}

void Netlink::delete_link(const std::string& link) {
  const auto wanted = own(nl().link_alloc(), nl().link_put);
  nl().link_set_name(wanted.get(), link.c_str());
  nl().link_delete(socket_.get(), wanted.get());
}

void Netlink::bring_up(const std::string& link) {
  const auto wanted = find_link(socket_.get(), link);
  const auto changed = own(nl().link_alloc(), nl().link_put);
  nl().link_set_flags(changed.get(), IFF_UP);
  check(nl().link_change(socket_.get(), wanted.get(), changed.get(), 0),
        fmt::format("bringing up the interface {}", link));
}

void Netlink::add_address(const std::string& link, std::uint32_t address,
                          unsigned prefix) {
  const auto added = make_interface_address(index_of(link), address, prefix);
  check(nl().address_add(socket_.get(), added.get(), 0),
        fmt::format("giving {} the address {}", link, render_address(address)));
}

void Netlink::add_point_to_point(const std::string& link, std::uint32_t address,
                                 std::uint32_t other_end) {
  const auto added = make_interface_address(index_of(link), address, 32);
  nl().address_set_peer(added.get(), make_address(other_end, 32).get());
  check(nl().address_add(socket_.get(), added.get(), 0),
        fmt::format("giving {} the address {}", link, render_address(address)));
}

void Netlink::add_default_route(std::uint32_t gateway,
                                const std::string& link) {
  const auto route = own(nl().route_alloc(), nl().route_put);
  nl().route_set_destination(route.get(), make_address(0, 0).get());
  rtnl_nexthop* hop = nl().hop_alloc();
  nl().hop_set_link(hop, index_of(link));
  nl().hop_set_gateway(hop, make_address(gateway, 32).get());
  nl().route_add_hop(route.get(), hop);  // which owns it from here on
  check(nl().route_add(socket_.get(), route.get(), 0),
        fmt::format("routing through {}", render_address(gateway)));
}

void Netlink::delete_group(std::uint32_t group) {
  auto* message = nl().message_alloc(RTM_DELLINK, 0);
  ifinfomsg info{};
  nl().message_append(message, &info, sizeof info, NLMSG_ALIGNTO);
  nl().put_u32(message, IFLA_GROUP, group);
  const int result = nl().send_sync(socket_.get(), message);  // frees it
  if (result == -NLE_NODEV || result == -NLE_OBJ_NOTFOUND) return;
  check(result, "removing interfaces");
}

std::vector<Route> Netlink::routes() {
  nl_cache* filled = nullptr;
  check(nl().route_cache(socket_.get(), AF_INET, 0, &filled),
        "reading the routes");
  const auto cache = own(filled, nl().cache_free);
  std::vector<Route> routes;
  for (nl_object* object = nl().cache_first(cache.get()); object != nullptr;
       object = nl().cache_next(object)) {
    routes.push_back(read_route(reinterpret_cast<rtnl_route*>(object)));
  }
  return routes;
}

unsigned Netlink::mtu_of(int link) {
  rtnl_link* found = nullptr;
  if (nl().link_get(socket_.get(), link, nullptr, &found) < 0) return 0;
  return nl().link_mtu(own(found, nl().link_put).get());
}

}  // namespace runtime

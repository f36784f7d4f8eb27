// libnl-route, loaded when the first network is made.
//
// Private to the room. Functions keep the library's own names; its manual is
// at https://www.infradead.org/~tgr/libnl/doc/route.html.
#pragma once

#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/cache.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>

namespace runtime {

struct NetlinkLibrary {
  // Loads it on the first call. Throws: unsupported when it is not installed.
  static const NetlinkLibrary& get();

  decltype(&::nl_addr_build) addr_build = nullptr;
  decltype(&::nl_addr_get_binary_addr) addr_bytes = nullptr;
  decltype(&::nl_addr_get_prefixlen) addr_prefix = nullptr;
  decltype(&::nl_addr_put) addr_put = nullptr;
  decltype(&::nl_addr_set_prefixlen) addr_set_prefix = nullptr;
  decltype(&::nl_cache_free) cache_free = nullptr;
  decltype(&::nl_cache_get_first) cache_first = nullptr;
  decltype(&::nl_cache_get_next) cache_next = nullptr;
  decltype(&::nl_connect) connect = nullptr;
  decltype(&::nl_geterror) error_text = nullptr;
  decltype(&::nl_send_sync) send_sync = nullptr;
  decltype(&::nl_socket_alloc) socket_alloc = nullptr;
  decltype(&::nl_socket_free) socket_free = nullptr;
  decltype(&::nla_put_u32) put_u32 = nullptr;
  decltype(&::nlmsg_alloc_simple) message_alloc = nullptr;
  decltype(&::nlmsg_append) message_append = nullptr;
  decltype(&::rtnl_addr_add) address_add = nullptr;
  decltype(&::rtnl_addr_alloc) address_alloc = nullptr;
  decltype(&::rtnl_addr_put) address_put = nullptr;
  decltype(&::rtnl_addr_set_ifindex) address_set_link = nullptr;
  decltype(&::rtnl_addr_set_local) address_set_local = nullptr;
  decltype(&::rtnl_addr_set_peer) address_set_peer = nullptr;
  decltype(&::rtnl_link_add) link_add = nullptr;
  decltype(&::rtnl_link_alloc) link_alloc = nullptr;
  decltype(&::rtnl_link_change) link_change = nullptr;
  decltype(&::rtnl_link_delete) link_delete = nullptr;
  decltype(&::rtnl_link_get_ifindex) link_index = nullptr;
  decltype(&::rtnl_link_get_kernel) link_get = nullptr;
  decltype(&::rtnl_link_get_mtu) link_mtu = nullptr;
  decltype(&::rtnl_link_put) link_put = nullptr;
  decltype(&::rtnl_link_set_flags) link_set_flags = nullptr;
  decltype(&::rtnl_link_set_group) link_set_group = nullptr;
  decltype(&::rtnl_link_set_mtu) link_set_mtu = nullptr;
  decltype(&::rtnl_link_set_name) link_set_name = nullptr;
  decltype(&::rtnl_link_set_ns_fd) link_set_namespace = nullptr;
  decltype(&::rtnl_link_veth_alloc) veth_alloc = nullptr;
  decltype(&::rtnl_link_veth_get_peer) veth_peer = nullptr;
  decltype(&::rtnl_link_veth_release) veth_release = nullptr;
  decltype(&::rtnl_route_add) route_add = nullptr;
  decltype(&::rtnl_route_add_nexthop) route_add_hop = nullptr;
  decltype(&::rtnl_route_alloc) route_alloc = nullptr;
  decltype(&::rtnl_route_alloc_cache) route_cache = nullptr;
  decltype(&::rtnl_route_get_dst) route_destination = nullptr;
  decltype(&::rtnl_route_get_nnexthops) route_hop_count = nullptr;
  decltype(&::rtnl_route_nexthop_n) route_hop = nullptr;
  decltype(&::rtnl_route_nh_alloc) hop_alloc = nullptr;
  decltype(&::rtnl_route_nh_get_ifindex) hop_link = nullptr;
  decltype(&::rtnl_route_nh_set_gateway) hop_set_gateway = nullptr;
  decltype(&::rtnl_route_nh_set_ifindex) hop_set_link = nullptr;
  decltype(&::rtnl_route_put) route_put = nullptr;
  decltype(&::rtnl_route_set_dst) route_set_destination = nullptr;

 private:
  NetlinkLibrary();
};

}  // namespace runtime

#include "runtime/netlink_library.h"

#include "base/dynamic_library.h"

namespace runtime {

NetlinkLibrary::NetlinkLibrary() {
  const base::DynamicLibrary base("libnl-3.so.200");
  base.load(addr_build, "nl_addr_build");
  base.load(addr_bytes, "nl_addr_get_binary_addr");
  base.load(addr_prefix, "nl_addr_get_prefixlen");
  base.load(addr_put, "nl_addr_put");
  base.load(addr_set_prefix, "nl_addr_set_prefixlen");
  base.load(cache_free, "nl_cache_free");
  base.load(cache_first, "nl_cache_get_first");
  base.load(cache_next, "nl_cache_get_next");
  base.load(connect, "nl_connect");
  base.load(error_text, "nl_geterror");
  base.load(send_sync, "nl_send_sync");
  base.load(socket_alloc, "nl_socket_alloc");
  base.load(socket_free, "nl_socket_free");
  base.load(put_u32, "nla_put_u32");
  base.load(message_alloc, "nlmsg_alloc_simple");
  base.load(message_append, "nlmsg_append");

  const base::DynamicLibrary route("libnl-route-3.so.200");
  route.load(address_add, "rtnl_addr_add");
  route.load(address_alloc, "rtnl_addr_alloc");
  route.load(address_put, "rtnl_addr_put");
  route.load(address_set_link, "rtnl_addr_set_ifindex");
  route.load(address_set_local, "rtnl_addr_set_local");
  route.load(address_set_peer, "rtnl_addr_set_peer");
  route.load(link_add, "rtnl_link_add");
  route.load(link_alloc, "rtnl_link_alloc");
  route.load(link_change, "rtnl_link_change");
  route.load(link_delete, "rtnl_link_delete");
  route.load(link_index, "rtnl_link_get_ifindex");
  route.load(link_get, "rtnl_link_get_kernel");
  route.load(link_mtu, "rtnl_link_get_mtu");
  route.load(link_put, "rtnl_link_put");
  route.load(link_set_flags, "rtnl_link_set_flags");
  route.load(link_set_group, "rtnl_link_set_group");
  route.load(link_set_mtu, "rtnl_link_set_mtu");
  route.load(link_set_name, "rtnl_link_set_name");
  route.load(link_set_namespace, "rtnl_link_set_ns_fd");
  route.load(veth_alloc, "rtnl_link_veth_alloc");
  route.load(veth_peer, "rtnl_link_veth_get_peer");
  route.load(veth_release, "rtnl_link_veth_release");
  route.load(route_add, "rtnl_route_add");
  route.load(route_add_hop, "rtnl_route_add_nexthop");
  route.load(route_alloc, "rtnl_route_alloc");
  route.load(route_cache, "rtnl_route_alloc_cache");
  route.load(route_destination, "rtnl_route_get_dst");
  route.load(route_hop_count, "rtnl_route_get_nnexthops");
  route.load(route_hop, "rtnl_route_nexthop_n");
  route.load(hop_alloc, "rtnl_route_nh_alloc");
  route.load(hop_link, "rtnl_route_nh_get_ifindex");
  route.load(hop_set_gateway, "rtnl_route_nh_set_gateway");
  route.load(hop_set_link, "rtnl_route_nh_set_ifindex");
  route.load(route_put, "rtnl_route_put");
  route.load(route_set_destination, "rtnl_route_set_dst");
}

const NetlinkLibrary& NetlinkLibrary::get() {
  static const NetlinkLibrary kLibrary;
  return kLibrary;
}

}  // namespace runtime

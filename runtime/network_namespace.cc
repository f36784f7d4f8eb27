#include "runtime/network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <string_view>

#include "base/error.h"
#include "base/file.h"

namespace runtime {
namespace {

// /proc/sys/net is the network of who opens it. What a kernel does not have, or
// a user namespace cannot map, the step does without.
void set_if_possible(const char* path, std::string_view value) {
  const base::Fd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file) return;
  [[maybe_unused]] const ssize_t written =
      ::write(file.get(), value.data(), value.size());
}

NetworkNamespace enter_new(const std::function<void()>& inside) {
  if (::unshare(CLONE_NEWNET) != 0) {
    throw base::system_error(errno, "network: making a namespace");
  }
  set_if_possible("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  set_if_possible("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
  set_if_possible("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
  NetworkNamespace made{base::open_file("/proc/thread-self/ns/net", O_RDONLY),
                        Netlink()};
  made.netlink.bring_up("lo");
  if (inside) inside();
  return made;
}

}  // namespace

NetworkNamespace make_network_namespace(const std::function<void()>& inside) {
  return std::async(std::launch::async, enter_new, std::cref(inside)).get();
}

}  // namespace runtime

// Name servers of the host's loopback, for a step with another loopback.
//
// systemd-resolved and dnsmasq listen where only the host's own processes are,
// 127.0.0.53 or 127.0.0.1. A relay listens at 127.0.0.11 port 53 inside the
// step's namespace, as docker's own server does in its networks, and asks them
// from outside. No packet filter is between the two, and it is the same with
// root and without.
//
// Messages are handed on unread. A question goes to the first server; to the
// next when that refuses or is silent for two seconds. A connection (RFC 7766)
// goes to the first that accepts it, and ends when either side is gone or after
// half a minute in which nothing was said.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace runtime {

inline constexpr const char* kRelayAddress = "127.0.0.11";

class DnsRelay {
 public:
  // Bound in the namespace of the thread that makes them. Throws: system.
  struct Sockets {
    Sockets();
    base::Fd udp;
    base::Fd tcp;
  };

  // `servers` are addresses, asked from the calling thread's namespace.
  // Throws: system.
  DnsRelay(Sockets sockets, const std::vector<std::string>& servers);
  DnsRelay(const DnsRelay&) = delete;
  DnsRelay& operator=(const DnsRelay&) = delete;
  // Questions without an answer get none.
  ~DnsRelay();

 private:
  base::Pipe end_;
  std::jthread thread_;
};

}  // namespace runtime

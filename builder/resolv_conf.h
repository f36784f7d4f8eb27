// The resolv.conf(5) of a sandbox.
//
// Servers at a loopback address, as systemd-resolved and dnsmasq are, answer
// the host alone: a sandbox with a network of its own has another loopback.
// What they hand questions on to is in a second file; where that does not help
// either, public servers are better than none.
#pragma once

#include <string>
#include <string_view>

namespace builder {

enum class Network { of_host, own };

// `host` is the text of /etc/resolv.conf, `upstream` that of systemd-resolved's
// file with the real servers; either may be empty.
std::string choose_resolv_conf(std::string_view host, std::string_view upstream,
                               Network network);

}  // namespace builder

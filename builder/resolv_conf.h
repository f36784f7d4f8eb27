// The resolv.conf(5) of a sandbox.
//
// Servers at a loopback address, as systemd-resolved and dnsmasq are, answer
// the host alone: a sandbox with a network of its own has another loopback.
// What they hand questions on to is in a second file. Where that does not help
// either, the sandbox asks a relay of ours (runtime/dns_relay.h), which asks
// them: a public server would not know the names of a private network.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace builder {

enum class Network { of_host, own };

// What the command line says in the place of the host's file, each part where
// it is not empty.
struct DnsSettings {
  std::vector<std::string> servers;  // --dns: addresses
  std::vector<std::string> search;   // --dns-search; a single ".": none
  std::vector<std::string> options;  // --dns-option

  bool operator==(const DnsSettings&) const = default;
};

struct ResolvConf {
  std::string text;
  // What the relay has to ask; empty: none is needed.
  std::vector<std::string> relayed;
};

// `host` is the text of /etc/resolv.conf, `upstream` that of systemd-resolved's
// file with the real servers; either may be empty.
ResolvConf choose_resolv_conf(std::string_view host, std::string_view upstream,
                              Network network);

// The text with what the settings replace.
std::string apply_dns(const DnsSettings& settings, const std::string& text);

}  // namespace builder

// Blocks of IP addresses ("10.1.0.0/16", RFC 4632), and which of them a
// registry's host is in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace registry {

struct IpAddress {
  // "10.1.2.3", "::1", without brackets; nullopt for a name. An IPv4 address in
  // IPv6's clothes ("::ffff:10.1.2.3") is the IPv4 one.
  static std::optional<IpAddress> find_in(const std::string& text);

  bool is_v4 = false;
  std::array<std::uint8_t, 16> bytes{};  // the first four of an IPv4 one
};

struct IpRange {
  // nullopt when the text is no such block.
  static std::optional<IpRange> find_in(std::string_view text);
  bool contains(const IpAddress& address) const;

  IpAddress base;
  unsigned bits = 0;
};

// Of "host:5000", "[::1]:5000": "host", "::1".
std::string host_of(std::string_view authority);

// Whether a host is this machine: "localhost", 127.0.0.0/8, ::1. By its
// spelling, not by asking.
bool is_loopback(const std::string& host);

// Whether one of the host's addresses is in one of these. Asks the resolver for
// a name's, which may take its time; a name without any is in none.
bool is_in_any(const std::string& host, const std::vector<IpRange>& ranges);

}  // namespace registry

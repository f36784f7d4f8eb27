#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

constexpr std::uint32_t kHighestPort = 65535;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw SyntaxError(
      Range{{1, 1}, {1, static_cast<std::uint32_t>(text.size() + 1)}},
      "port " + quote_word(text) + " " + why,
      "write a port or a range, as in 80, 53/udp or 8000-8010/tcp");
}

std::optional<std::uint32_t> read_port(std::string_view text) {
  if (text.empty() || text.size() > 10) return std::nullopt;
  std::uint32_t port = 0;
  for (const char c : text) {
    if (!is_digit(c) || port > kHighestPort) return std::nullopt;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (port > kHighestPort) return std::nullopt;
  return port;
}

PortRange read_range(std::string_view whole, std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::optional<std::uint32_t> first = read_port(text.substr(0, dash));
  const std::optional<std::uint32_t> last =
      dash == std::string_view::npos ? first : read_port(text.substr(dash + 1));
  if (!first || !last) refuse(whole, "is not a number from 0 to 65535");
  if (*last < *first) refuse(whole, "ends before it starts");
  return PortRange{*first, *last, {}};
}

bool is_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
  }
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  const std::string address(text);
  return ::inet_pton(AF_INET, address.c_str(), parsed.data()) == 1 ||
         ::inet_pton(AF_INET6, address.c_str(), parsed.data()) == 1;
}

// "ip:host:container", "host:container" or "container"; an address may be
// "[::1]". What stands before the container's part publishes nothing, but has
// to make sense.
PortRange read_mapping(std::string_view whole, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view container =
      colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (container.empty()) refuse(whole, "names no port");
  PortRange range = read_range(whole, container);
  if (colon == std::string_view::npos) return range;
  std::string_view host = text.substr(0, colon);
  if (const std::size_t before = host.rfind(':');
      before != std::string_view::npos) {
    const std::string_view address = host.substr(0, before);
    if (!address.empty() && !is_address(address)) {
      refuse(whole, "has no IP address before its ports");
    }
    host.remove_prefix(before + 1);
  }
  if (host.empty()) return range;
  const PortRange published = read_range(whole, host);
  const bool is_same_size =
      published.last - published.first == range.last - range.first;
  if (!is_same_size && range.first != range.last) {
    refuse(whole, "has ranges of different lengths");
  }
  return range;
}

}  // namespace

PortRange parse_port_range(std::string_view text) {
  constexpr std::array<std::string_view, 3> kProtocols = {"tcp", "udp", "sctp"};
  const std::size_t slash = text.find('/');
  std::string protocol = "tcp";
  if (slash != std::string_view::npos && slash + 1 < text.size()) {
    protocol = to_lower(text.substr(slash + 1));
  }
  if (std::find(kProtocols.begin(), kProtocols.end(), protocol) ==
      kProtocols.end()) {
    refuse(text, "has an unknown protocol; tcp, udp and sctp are known");
  }
  PortRange range = read_mapping(text, text.substr(0, slash));
  range.protocol = std::move(protocol);
  return range;
}

std::vector<std::string> parse_ports(std::string_view text) {
  const PortRange range = parse_port_range(text);
  std::vector<std::string> ports;
  ports.reserve(range.last - range.first + 1);
  for (std::uint32_t port = range.first; port <= range.last; ++port) {
    ports.push_back(std::to_string(port) + "/" + range.protocol);
  }
  return ports;
}

}  // namespace parser

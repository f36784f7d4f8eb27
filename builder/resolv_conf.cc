#include "builder/resolv_conf.h"

#include <sstream>

namespace builder {
namespace {

constexpr std::string_view kPublicServers =
    "nameserver 8.8.8.8\nnameserver 8.8.4.4\n";

// The address of a "nameserver" line, else empty.
std::string server_of(const std::string& line) {
  std::istringstream words(line);
  std::string keyword;
  std::string address;
  words >> keyword >> address;
  return keyword == "nameserver" ? address : std::string();
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" ||
         address.starts_with("::1%");
}

struct Servers {
  std::string text;  // without those at a loopback address
  bool has_any = false;
};

Servers without_loopback(std::string_view file) {
  Servers servers;
  std::istringstream lines{std::string(file)};
  for (std::string line; std::getline(lines, line);) {
    const std::string address = server_of(line);
    if (is_loopback(address)) continue;
    servers.has_any = servers.has_any || !address.empty();
    servers.text += line + '\n';
  }
  return servers;
}

}  // namespace

std::string choose_resolv_conf(std::string_view host, std::string_view upstream,
                               Network network) {
  if (network == Network::of_host) return std::string(host);
  const Servers own = without_loopback(host);
  if (own.has_any) return own.text;
  const Servers real = without_loopback(upstream);
  if (real.has_any) return real.text;
  return own.text + std::string(kPublicServers);
}

}  // namespace builder

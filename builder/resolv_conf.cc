#include "builder/resolv_conf.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>
#include <utility>

#include "runtime/dns_relay.h"

namespace builder {
namespace {

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

struct NameServers {
  std::string text;  // without those at a loopback address
  bool has_any = false;
  std::vector<std::string> loopback;
};

NameServers without_loopback(std::string_view file) {
  NameServers servers;
  std::istringstream lines{std::string(file)};
  for (std::string line; std::getline(lines, line);) {
    std::string address = server_of(line);
    if (is_loopback(address)) {
      servers.loopback.push_back(std::move(address));
      continue;
    }
    servers.has_any = servers.has_any || !address.empty();
    servers.text += line + '\n';
  }
  return servers;
}

std::string keyword_of(const std::string& line) {
  std::istringstream words(line);
  std::string keyword;
  words >> keyword;
  return keyword;
}

}  // namespace

ResolvConf choose_resolv_conf(std::string_view host, std::string_view upstream,
                              Network network) {
  if (network == Network::of_host) return {std::string(host), {}};
  NameServers own = without_loopback(host);
  if (own.has_any) return {own.text, {}};
  const NameServers real = without_loopback(upstream);
  if (real.has_any) return {real.text, {}};
  // Without any line resolv.conf(5) means the machine itself.
  if (own.loopback.empty()) own.loopback.emplace_back("127.0.0.1");
  return {fmt::format("{}nameserver {}\n", own.text, runtime::kRelayAddress),
          std::move(own.loopback)};
}

std::string apply_dns(const DnsSettings& settings, const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string keyword = keyword_of(line);
    const bool is_replaced =
        (keyword == "nameserver" && !settings.servers.empty()) ||
        ((keyword == "search" || keyword == "domain") &&
         !settings.search.empty()) ||
        (keyword == "options" && !settings.options.empty());
    if (!is_replaced) result += line + '\n';
  }
  const bool has_search = !settings.search.empty() &&
                          settings.search != std::vector<std::string>{"."};
  if (has_search) {
    result += fmt::format("search {}\n", fmt::join(settings.search, " "));
  }
  for (const std::string& server : settings.servers) {
    result += fmt::format("nameserver {}\n", server);
  }
  if (!settings.options.empty()) {
    result += fmt::format("options {}\n", fmt::join(settings.options, " "));
  }
  return result;
}

}  // namespace builder

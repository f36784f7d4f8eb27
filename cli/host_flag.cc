#include "cli/host_flag.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "cli/report.h"

namespace cli {
namespace {

// A blank or line end would make more of the line than a name.
bool is_name(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '#' || c == '\x7f';
  });
}

bool is_address(const std::string& text) {
  in6_addr parsed{};
  return ::inet_pton(AF_INET, text.c_str(), &parsed) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

}  // namespace

builder::ExtraHost parse_host(const std::string& word) {
  // With "=" there is no doubt; a name has neither.
  const std::size_t equals = word.find('=');
  const std::size_t at = equals == word.npos ? word.find(':') : equals;
  std::string address = at == word.npos ? "" : word.substr(at + 1);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  const std::string name = word.substr(0, at);
  if (!is_name(name) ||
      (address != builder::kHostGateway && !is_address(address))) {
    throw usage_error(fmt::format("--add-host {}: want NAME:ADDRESS", word));
  }
  return {name, address};
}

}  // namespace cli

#include "cli/dns_flags.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "cli/report.h"

namespace cli {
namespace {

bool is_address(const std::string& text) {
  in6_addr parsed{};
  return ::inet_pton(AF_INET, text.c_str(), &parsed) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

// A blank or line end would make more of the line than one word.
void check_word(const char* flag, const std::string& word) {
  const bool is_word =
      !word.empty() && std::none_of(word.begin(), word.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '#' || c == ';';
      });
  if (is_word) return;
  throw usage_error(fmt::format("{} \"{}\": want one word", flag, word));
}

}  // namespace

void DnsFlags::add_to(Options& options) {
  options.list("--dns", servers_, "Name server, an address");
  options.list("--dns-search", search_,
               "Domain to look names up in; . for none");
  options.list("--dns-option,--dns-opt", options_, "Option of resolv.conf");
}

builder::DnsSettings DnsFlags::read() const {
  for (const std::string& server : servers_) {
    if (!is_address(server)) {
      throw usage_error(
          fmt::format("--dns {}: want an address, not a name", server));
    }
  }
  for (const std::string& word : search_) check_word("--dns-search", word);
  for (const std::string& word : options_) check_word("--dns-option", word);
  return {servers_, search_, options_};
}

}  // namespace cli

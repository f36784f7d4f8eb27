#include "registry/ip_range.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

namespace registry {
namespace {

constexpr unsigned kV4Bits = 32;
constexpr unsigned kV6Bits = 128;
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0,    0,
                                                        0, 0, 0, 0, 0xff, 0xff};

IpAddress make_v6(const in6_addr& raw) {
  IpAddress address;
  std::memcpy(address.bytes.data(), &raw, address.bytes.size());
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(),
                 address.bytes.begin())) {
    std::copy(address.bytes.begin() + kMappedPrefix.size(), address.bytes.end(),
              address.bytes.begin());
    std::fill(address.bytes.begin() + sizeof(in_addr), address.bytes.end(),
              std::uint8_t{0});
    address.is_v4 = true;
  }
  return address;
}

IpAddress make_v4(const in_addr& raw) {
  IpAddress address;
  address.is_v4 = true;
  std::memcpy(address.bytes.data(), &raw, sizeof raw);
  return address;
}

std::vector<IpAddress> look_up(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &first) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(
      first, ::freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* it = first; it != nullptr; it = it->ai_next) {
    if (it->ai_family == AF_INET) {
      sockaddr_in found{};
      std::memcpy(&found, it->ai_addr, sizeof found);
      addresses.push_back(make_v4(found.sin_addr));
    } else if (it->ai_family == AF_INET6) {
      sockaddr_in6 found{};
      std::memcpy(&found, it->ai_addr, sizeof found);
      addresses.push_back(make_v6(found.sin6_addr));
    }
  }
  return addresses;
}

}  // namespace

std::optional<IpAddress> IpAddress::find_in(const std::string& text) {
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return make_v4(v4);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) return make_v6(v6);
  return std::nullopt;
}

std::optional<IpRange> IpRange::find_in(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto base = IpAddress::find_in(std::string(text.substr(0, slash)));
  const std::string_view size = text.substr(slash + 1);
  IpRange range;
  const auto [end, problem] =
      std::from_chars(size.data(), size.data() + size.size(), range.bits);
  if (!base || problem != std::errc() || end != size.data() + size.size() ||
      range.bits > (base->is_v4 ? kV4Bits : kV6Bits)) {
    return std::nullopt;
  }
  range.base = *base;
  return range;
}

bool IpRange::contains(const IpAddress& address) const {
  if (address.is_v4 != base.is_v4) return false;
  constexpr unsigned kByteBits = 8;
  const std::size_t whole = bits / kByteBits;
  if (!std::equal(base.bytes.data(), base.bytes.data() + whole,
                  address.bytes.data())) {
    return false;
  }
  const unsigned rest = bits % kByteBits;
  if (rest == 0) return true;
  const unsigned shift = kByteBits - rest;
  return base.bytes.at(whole) >> shift == address.bytes.at(whole) >> shift;
}

std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    return std::string(authority.substr(1, authority.find(']') - 1));
  }
  return std::string(authority.substr(0, authority.find(':')));
}

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  const auto address = IpAddress::find_in(host);
  return address && (IpRange::find_in("127.0.0.0/8")->contains(*address) ||
                     IpRange::find_in("::1/128")->contains(*address));
}

bool is_in_any(const std::string& host, const std::vector<IpRange>& ranges) {
  if (ranges.empty()) return false;
  std::vector<IpAddress> addresses;
  if (const auto literal = IpAddress::find_in(host)) {
    addresses.push_back(*literal);
  } else {
    addresses = look_up(host);
  }
  return std::any_of(addresses.begin(), addresses.end(), [&](const auto& it) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const auto& range) { return range.contains(it); });
  });
}

}  // namespace registry

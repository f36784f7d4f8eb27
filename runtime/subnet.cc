#include "runtime/subnet.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace runtime {
namespace {

constexpr unsigned kPrefix = 24;
constexpr std::uint32_t kStep = 1U << (32 - kPrefix);

// Where nobody's defaults are first: not docker's (172.17-31, 192.168.0-240),
// podman's (10.88), libvirt's (192.168.122) or slirp's (10.0.2). Then whole
// private ranges, for hosts that have a route to most of them.
struct Range {
  std::uint32_t first;
  std::uint32_t count;  // of /24 networks
};
constexpr std::array<Range, 5> kRanges = {{
    {0x0ae70000, 256},    // 10.231.0.0/16
    {0xac100000, 256},    // 172.16.0.0/16
    {0xc0a8f100, 15},     // 192.168.241.0 to 192.168.255.0
    {0xac110000, 3840},   // 172.17.0.0 to 172.31.255.0
    {0x0a000000, 65536},  // 10.0.0.0/8
}};

std::uint32_t mask_of(unsigned prefix) noexcept {
  return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
}

}  // namespace

bool Subnet::overlaps(const Subnet& other) const noexcept {
  const std::uint32_t mask = mask_of(std::min(prefix, other.prefix));
  return (address & mask) == (other.address & mask);
}

std::string render_address(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24U, address >> 16U & 255U,
                     address >> 8U & 255U, address & 255U);
}

std::string render_subnet(const Subnet& subnet) {
  return fmt::format("{}/{}", render_address(subnet.address), subnet.prefix);
}

std::optional<std::uint32_t> find_address(std::string_view text) {
  in_addr parsed{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &parsed) != 1) return {};
  return ntohl(parsed.s_addr);
}

std::optional<Subnet> find_subnet(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = find_address(text.substr(0, slash));
  const std::string_view digits = text.substr(std::min(slash + 1, text.size()));
  unsigned prefix = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (!address || error != std::errc() ||
      end != digits.data() + digits.size() || prefix > 32) {
    return std::nullopt;
  }
  return Subnet{*address & mask_of(prefix), prefix};
}

std::optional<Subnet> choose_subnet(const std::vector<Subnet>& taken) {
  for (const Range& range : kRanges) {
    for (std::uint32_t i = 0; i < range.count; ++i) {
      const Subnet subnet{range.first + i * kStep, kPrefix};
      if (std::none_of(taken.begin(), taken.end(), [&](const Subnet& other) {
            return other.overlaps(subnet);
          })) {
        return subnet;
      }
    }
  }
  return std::nullopt;
}

}  // namespace runtime

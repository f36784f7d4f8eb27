// IPv4 networks, and the choice of one for steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runtime {

// Addresses are numbers in the host's byte order: 10.0.0.1 is 0x0a000001.
struct Subnet {
  std::uint32_t address = 0;  // with no bit set behind the prefix
  unsigned prefix = 0;        // bits

  bool overlaps(const Subnet& other) const noexcept;
  // The host of this number: 1 is the gateway.
  std::uint32_t host(std::uint32_t number) const noexcept {
    return address + number;
  }
  bool operator==(const Subnet&) const = default;
};

std::string render_address(std::uint32_t address);  // "10.0.0.1"
std::string render_subnet(const Subnet& subnet);    // "10.0.0.0/24"
std::optional<std::uint32_t> find_address(std::string_view text);
std::optional<Subnet> find_subnet(std::string_view text);  // inverse of render

// A private /24 that overlaps none of `taken`: what the host has routes to, its
// resolvers, the networks of other builds. nullopt when there is none.
std::optional<Subnet> choose_subnet(const std::vector<Subnet>& taken);

}  // namespace runtime
